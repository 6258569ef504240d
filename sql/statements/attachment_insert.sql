-- :exec
insert into attachment (id, subject_kind, subject_id, kind, title, media_type, bytes, sha256, uploaded_by, uploaded_as, created_at, updated_at)
values ($1::uuid, $2, $3::uuid, $4, $5, $6, $7::bigint, $8, $9::uuid, $10, $11::timestamptz, $11::timestamptz)
