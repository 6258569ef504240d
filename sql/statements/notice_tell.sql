-- :exec
insert into notice (id, recipient_kind, recipient, kind, subject_kind, subject_id, due_on, key, created_at)
select (left($4, 24) || left(md5($4 || r.recipient), 12))::uuid, r.recipient_kind, r.recipient, $5, $2, $3::uuid, r.due_on, $6, $7::timestamptz
  from (
select 'organisation' as recipient_kind, a.lead_organisation_id::text as recipient, a.due_on
  from application a
 where $1 = 'lead' and $2 = 'application' and a.id = $3::uuid and a.lead_organisation_id is not null
union all
select 'recommender', e.recommender_id::text, e.due_on
  from endorsement e
 where $1 = 'recommender' and $2 = 'endorsement' and e.id = $3::uuid
union all
select 'organisation', n.host_organisation_id::text, null::date
  from alliance n
 where $1 = 'host' and $2 = 'alliance' and n.id = $3::uuid and n.host_organisation_id is not null
union all
select 'organisation', w.payee_organisation_id::text, null
  from award w
 where $1 = 'host' and $2 = 'award' and w.id = $3::uuid
union all
select 'organisation', w.payee_organisation_id::text, null
  from payment p join award w on w.id = p.award_id
 where $1 = 'host' and $2 = 'payment' and p.id = $3::uuid
union all
select 'expert', s.expert_id::text, case when s.status = 'invited' then s.answer_due_on else p.due_on end
  from sheet s join panel p on p.id = s.panel_id
 where $1 = 'expert' and $2 = 'sheet' and s.id = $3::uuid
union all
select 'expert', s.expert_id::text, p.due_on
  from panel p join sheet s on s.panel_id = p.id
 where $1 = 'experts' and $2 = 'panel' and p.id = $3::uuid and s.status in ('accepted', 'scoring')
union all
select 'expert', p.chair_expert_id::text, p.due_on
  from panel p
 where $1 = 'chair' and $2 = 'panel' and p.id = $3::uuid and p.chair_expert_id is not null
) r (recipient_kind, recipient, due_on)
on conflict on constraint notice_once do nothing
