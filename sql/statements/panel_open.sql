-- :exec
update panel set due_on = $2::date where id = $1::uuid
