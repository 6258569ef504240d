-- :exec
update account_grant set revoked_at = $2::timestamptz, revoked_by = $3::uuid where id = $1::uuid and revoked_at is null
