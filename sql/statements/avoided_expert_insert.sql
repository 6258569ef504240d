-- :exec
insert into avoided_expert (application_id, position, name, name_key, employer_name, reason, named_by, named_at)
values ($1::uuid, $2::integer, $3, $4, $5, $6, $7::uuid, $8::timestamptz)
