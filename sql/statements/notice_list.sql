-- :many
select n.id::text as _key, n.id as _id, n.id, n.kind, n.subject_kind, n.subject_id, n.recipient_kind, n.due_on, n.created_at,
       split_part(n.kind, '.', 2) as action
  from notice n
 where ($2::text is null or n.id < $3::uuid)
   and exists (
       select from account_grant g
        where g.account_id = $1::uuid and g.revoked_at is null
          and case n.recipient_kind
                  when 'role' then n.recipient = g.role
                  when 'organisation' then n.recipient = g.organisation_id::text
                  when 'recommender' then n.recipient = g.recommender_id::text
                  when 'expert' then n.recipient = g.expert_id::text
                  else n.recipient = g.account_id::text
              end)
 order by n.id desc
 limit $4::integer
