-- :exec
update expert set valid_until = $2::date where id = $1::uuid
