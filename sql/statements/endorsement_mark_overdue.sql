-- :exec
update endorsement set overdue = true where id = $1::uuid
