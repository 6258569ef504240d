-- :exec
insert into avoided_expert (id, application_id, position, name, name_key, employer_name, reason, named_by, named_at)
values ($1::uuid, $2::uuid, $3::integer, $4, $5, $6, $7, $8::uuid, $9::timestamptz)
