-- :exec
update credential set revoked_at = $2::timestamptz where id = $1::uuid and revoked_at is null
