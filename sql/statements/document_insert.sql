-- :exec
insert into document (id, type, title, legal_basis, body, drafted_by, created_at, updated_at)
values ($1::uuid, $2, $3, $4, coalesce($5, ''), $6::uuid, $7::timestamptz, $7::timestamptz)
