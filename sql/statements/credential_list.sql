-- :many
select id, kind, name, client_id, prefix, scopes, expires_at, revoked_at, last_used_at, created_at
  from credential
 where account_id = $1::uuid
 order by created_at, id
