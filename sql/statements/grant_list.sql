-- :many
select g.id, g.role, g.organisation_id, g.recommender_id, g.expert_id, coalesce(o.name, r.name) as reach_name, g.granted_at
  from account_grant g
  left join organisation o on o.id = g.organisation_id
  left join recommender r on r.id = g.recommender_id
 where g.account_id = $1::uuid and g.revoked_at is null
 order by g.granted_at, g.id
