-- :one
select s.id, s.panel_id, p.status as panel_status, p.application_id, a.number as application_number, s.expert_id, e.name as expert_name,
       s.invited_on, s.answer_due_on, p.due_on,
       case when $2 = 'blind' and s.status in ('scoring', 'submitted') then 'accepted' else s.status end as status,
       case when $2 = 'author' then coalesce(s.expert_id = p.chair_expert_id, false) end as is_chair,
       case when $2 <> 'blind' then s.declaration end as declaration,
       case when $2 <> 'blind' then s.declared_at end as declared_at,
       case when $2 <> 'blind' then s.scores end as scores,
       case when $2 <> 'blind' then s.comments end as comments,
       case when $2 <> 'blind' then s.answers end as answers,
       case when $2 <> 'blind' then s.vote end as vote,
       case when $2 <> 'blind' then s.policy_compliant end as policy_compliant,
       case when $2 <> 'blind' then s.total_hundredths end as total_hundredths,
       case when $2 <> 'blind' then s.autosaved_at end as autosaved_at,
       case when $2 <> 'blind' then s.submitted_at end as submitted_at,
       case when $2 <> 'blind' then s.sha256 end as sha256,
       case when $2 = 'author' then s.autosave_version else s.version end as version,
       s.created_at, s.updated_at,
       json_build_object('name', a.name, 'lead_name', l.name, 'recommender_name', u.name, 'members', (
           select coalesce(json_agg(json_strip_nulls(json_build_object('name', m ->> 'name', 'credit_code', m ->> 'credit_code',
                      'legal_representative', m ->> 'legal_representative')) order by i), '[]')
             from jsonb_array_elements(case when jsonb_typeof(a.form -> 'members') = 'array' then a.form -> 'members' else '[]' end)
                  with ordinality as t (m, i))) as invitation
  from sheet s
  join panel p on p.id = s.panel_id
  join application a on a.id = p.application_id
  join expert e on e.id = s.expert_id
  join organisation l on l.id = a.lead_organisation_id
  left join recommender u on u.id = a.recommender_id
 where s.id = $1::uuid
