-- :exec
update avoided_expert set withdrawn_at = $2::timestamptz where application_id = $1::uuid and withdrawn_at is null
