-- :optional
select body_sha256, status, media_type, location, version, body
from idempotency_key
where account_id = $1::uuid and method = $2 and path = $3 and key = $4
