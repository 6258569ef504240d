-- :exec
insert into history (at, account_id, role, object_kind, object_id, machine, from_status, action, to_status, reason, articles,
    detail, request_id, operation, credential_id)
values ($1::timestamptz, $2::uuid, $3, $4, $5::uuid, $6, $7, $8, $9, $10, $11, $12::jsonb, $13, $14, $15::uuid)
