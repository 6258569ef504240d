-- :exec
update document set approved_by = $2::uuid, approved_on = $3::date where id = $1::uuid
