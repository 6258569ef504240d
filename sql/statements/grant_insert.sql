-- :one
with made as (
    insert into account_grant (id, account_id, role, organisation_id, recommender_id, expert_id, granted_by, granted_at)
    values ($1::uuid, $2::uuid, $3, $4::uuid, $5::uuid, $6::uuid, $7::uuid, $8::timestamptz)
    returning id, role, organisation_id, recommender_id, expert_id, granted_at)
select g.id, g.role, g.organisation_id, g.recommender_id, g.expert_id, coalesce(o.name, r.name) as reach_name, g.granted_at
  from made g
  left join organisation o on o.id = g.organisation_id
  left join recommender r on r.id = g.recommender_id
