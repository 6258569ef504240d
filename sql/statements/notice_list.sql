-- :many
with me (recipient_kind, recipient) as (
    select 'account', $1::text
    union
    select r.kind, r.recipient
      from account_grant g
      cross join lateral (values ('role', g.role), ('organisation', g.organisation_id::text), ('recommender', g.recommender_id::text),
                                 ('expert', g.expert_id::text)) as r (kind, recipient)
     where g.account_id = $1::uuid and g.revoked_at is null and r.recipient is not null
)
select n.id::text as _key, n.id as _id, n.id, n.kind, n.subject_kind, n.subject_id, n.recipient_kind, n.due_on, n.created_at,
       split_part(n.kind, '.', 2) as action,
       -- an account is the administrator's alone to read: its owner sees his own, the auditor the log
       case when n.subject_kind <> 'account' then '/v1/' || replace(n.subject_kind, '_', '-') || 's/' || n.subject_id
            when n.recipient_kind = 'account' then '/v1/me'
            else '/v1/audit-log?object_id=' || n.subject_id end as href
  from me
  cross join lateral (
       select * from notice o
        where o.recipient_kind = me.recipient_kind and o.recipient = me.recipient
          and o.id < case when $2::text is null then 'ffffffff-ffff-ffff-ffff-ffffffffffff' else $3::uuid end
        order by o.id desc
        limit $4::integer) n
 order by n.id desc
 limit $4::integer
