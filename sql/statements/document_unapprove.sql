-- :exec
update document set approved_by = null, approved_on = null where id = $1::uuid
