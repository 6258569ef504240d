-- :exec
insert into account (id, name, kind, email, issuer, subject, is_demo, created_at, updated_at)
values ($1::uuid, $2, $3, $4, $5, $6, $7::boolean, $8::timestamptz, $8::timestamptz)
