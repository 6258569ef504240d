-- :exec
update payment set confirmer_id = $2::uuid where id = $1::uuid
