-- :exec
update panel set chair_expert_id = $2::uuid where id = $1::uuid
