-- :one
select exists (select from organisation where id = $1::uuid) as organisation,
       (select kind from recommender where id = $2::uuid) as recommender_kind,
       exists (select from expert where id = $3::uuid) as expert
