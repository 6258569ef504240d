-- :many
select id from endorsement where application_id = $1::uuid and status = $2 order by id
