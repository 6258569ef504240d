-- :exec
delete from avoided_expert where application_id = $1::uuid
