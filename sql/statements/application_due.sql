-- :exec
update application set due_on = $2::date, updated_at = $3::timestamptz where id = $1::uuid
