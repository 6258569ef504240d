-- :exec
update idempotency_key set status = $5::integer, media_type = $6, location = $7, version = $8::bigint, body = $9
where account_id = $1::uuid and method = $2 and path = $3 and key = $4
