-- :exec
insert into credit_code_waiver (id, organisation_id, reason, attachment_id, maker_id, created_at, updated_at)
values ($1::uuid, $2::uuid, $3, $4::uuid, $5::uuid, $6::timestamptz, $6::timestamptz)
