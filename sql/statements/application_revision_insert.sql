-- :exec
insert into application_revision (application_id, revision, form, head, attachments, snapshot_sha256, at)
values ($1::uuid, $2::integer, $3::jsonb, $4::jsonb, $5::jsonb, $6, $7::timestamptz)
