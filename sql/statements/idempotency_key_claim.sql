-- :optional
insert into idempotency_key (account_id, method, path, key, body_sha256)
values ($1::uuid, $2, $3, $4, $5)
on conflict do nothing
returning key
