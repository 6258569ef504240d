-- :exec
insert into application_point (id, application_id, kind, revision, position, text, pointer, asked_at)
values ($1::uuid, $2::uuid, $3, $4::integer, $5::integer, $6, $7, $8::timestamptz)
