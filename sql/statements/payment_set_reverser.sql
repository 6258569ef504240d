-- :exec
update payment set reverser_id = $2::uuid where id = $1::uuid
