-- :many
select s.id, s.panel_id, p.status as panel_status, p.application_id, a.number as application_number, s.expert_id, e.name as expert_name,
       s.invited_on, s.answer_due_on, p.due_on,
       case when v.view = 'blind' and s.status in ('scoring', 'submitted') then 'accepted' else s.status end as status,
       case when v.view = 'author' then coalesce(s.expert_id = p.chair_expert_id, false) end as is_chair,
       case when v.view <> 'blind' then s.declaration end as declaration,
       case when v.view <> 'blind' then s.declared_at end as declared_at,
       case when v.view <> 'blind' then s.scores end as scores,
       case when v.view <> 'blind' then s.comments end as comments,
       case when v.view <> 'blind' then s.answers end as answers,
       case when v.view <> 'blind' then s.vote end as vote,
       case when v.view <> 'blind' then s.policy_compliant end as policy_compliant,
       case when v.view <> 'blind' then s.total_hundredths end as total_hundredths,
       case when v.view <> 'blind' then s.autosaved_at end as autosaved_at,
       case when v.view <> 'blind' then s.submitted_at end as submitted_at,
       case when v.view <> 'blind' then s.sha256 end as sha256,
       case when v.view = 'author' then s.autosave_version else s.version end as version,
       s.created_at, s.updated_at
  from sheet s
  join panel p on p.id = s.panel_id
  join application a on a.id = p.application_id
  join expert e on e.id = s.expert_id
 cross join lateral (
       select case
                  when exists (select from live_grant g where g.account_id = $2::uuid and g.expert_id = s.expert_id) then 'author'
                  when p.closed_at is not null then 'open'
                  else 'blind'
              end as view) v
 where s.panel_id = $1::uuid
   and (select count(*) from sheet_reach r where r.account_id = $2::uuid and r.id = s.id) > 0
 order by s.id
