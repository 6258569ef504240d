-- :many
select s.id, s.panel_id, p.status as panel_status, p.application_id, a.number as application_number, s.expert_id, e.name as expert_name,
       s.invited_on, s.answer_due_on, p.due_on,
       case when 'author'::text = 'blind' and s.status in ('scoring', 'submitted') then 'accepted' else s.status end as status,
       case when 'author'::text = 'author' then coalesce(s.expert_id = p.chair_expert_id, false) end as is_chair,
       case when 'author'::text <> 'blind' then s.declaration end as declaration,
       case when 'author'::text <> 'blind' then s.declared_at end as declared_at,
       case when 'author'::text <> 'blind' then s.scores end as scores,
       case when 'author'::text <> 'blind' then s.comments end as comments,
       case when 'author'::text <> 'blind' then s.answers end as answers,
       case when 'author'::text <> 'blind' then s.vote end as vote,
       case when 'author'::text <> 'blind' then s.policy_compliant end as policy_compliant,
       case when 'author'::text <> 'blind' then s.total_hundredths end as total_hundredths,
       case when 'author'::text <> 'blind' then s.autosaved_at end as autosaved_at,
       case when 'author'::text <> 'blind' then s.submitted_at end as submitted_at,
       case when 'author'::text <> 'blind' then s.sha256 end as sha256,
       case when 'author'::text = 'author' then s.autosave_version else s.version end as version,
       s.created_at, s.updated_at,
       s.created_at::text as _key, s.id as _id
  from sheet s
  join panel p on p.id = s.panel_id
  join application a on a.id = p.application_id
  join expert e on e.id = s.expert_id
 where exists (select from live_grant g where g.account_id = $1::uuid and g.expert_id = s.expert_id)
   and (s.created_at, s.id) < (coalesce($2::timestamptz, 'infinity'), coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
   and ($5::text is null or s.status = $5)
 order by s.created_at desc, s.id desc
 limit $4::integer
