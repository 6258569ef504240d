-- :optional
select s.id, s.panel_id, s.status, s.version, s.autosave_version, s.answer_due_on, s.scores, s.comments, s.answers, s.vote, s.policy_compliant,
       p.status as panel_status, p.due_on, p.closed_at is not null as is_closed, p.material_sha256, to_json(p.weights) as weights,
       p.application_id,
       exists (select from live_grant g where g.account_id = $2::uuid and g.expert_id = s.expert_id) as is_author,
       (select string_agg(r.role, ',') from sheet_reach r where r.account_id = $2::uuid and r.id = s.id) as reach
  from sheet s
  join panel p on p.id = s.panel_id
 where s.id = $1::uuid
