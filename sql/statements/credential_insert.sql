-- :one
insert into credential (id, account_id, kind, name, client_id, prefix, secret_sha256, scopes, expires_at, created_by, created_at)
values ($1::uuid, $2::uuid, $3, $4, $5, $6, decode($7, 'hex'), $8, $9::timestamptz, $10::uuid, $11::timestamptz)
returning id, kind, name, client_id, prefix, scopes, expires_at, revoked_at, last_used_at, created_at
