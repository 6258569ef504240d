-- :exec
with formed as (
    insert into alliance (id, predecessor_id, lead_organisation_id, recommender_id, created_at, updated_at)
    select $1::uuid, a.predecessor_id, a.lead_organisation_id, a.recommender_id, $3::timestamptz, $3::timestamptz
      from application a where a.id = $2::uuid
    returning id)
update application set alliance_id = (select id from formed) where id = $2::uuid
