-- :exec
delete from idempotency_key where created_at < clock_timestamp() - interval '24 hours'
