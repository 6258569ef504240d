-- :exec
update expert_employment set to_on = greatest(from_on, $2::date - 1)
 where expert_id = $1::uuid and to_on is null
