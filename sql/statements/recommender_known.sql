-- :many
select id, kind from recommender where id = $1::uuid
