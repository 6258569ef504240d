-- :optional
select p.id, p.status, p.version, p.round, p.rubric_version, p.material_sha256, p.chair_expert_id, to_json(p.weights) as weights, p.due_on,
       p.closed_at is not null as is_closed, p.result, p.mean_hundredths, p.dispersion_alert, p.parameters,
       a.id as application_id, a.status as application_status, a.kind as application_kind, a.round as application_round,
       a.revision as application_revision, a.snapshot_sha256,
       exists (select from panel o where o.application_id = p.application_id and o.round = p.round and o.id <> p.id
                  and o.status <> 'voided') as has_other_panel,
       exists (select from live_grant g where g.account_id = $2::uuid and g.expert_id = p.chair_expert_id) as actor_is_chair,
       (select string_agg(r.role, ',') from panel_reach r where r.account_id = $2::uuid and r.id = p.id) as reach
  from panel p
  join application a on a.id = p.application_id
 where p.id = $1::uuid
