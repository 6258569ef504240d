-- :optional
select c.id as credential_id, c.account_id, c.client_id, encode(c.secret_sha256, 'hex') as secret_sha256, c.scopes, starts_with(c.prefix, 'wna_test_') as is_test,
       c.revoked_at is not null or a.disabled_at is not null or coalesce(c.expires_at <= $2::timestamptz, false) as refused
  from credential c join account a on a.id = c.account_id
 where c.client_id = $1 and c.kind = 'oauth_client'
