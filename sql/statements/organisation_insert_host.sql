-- :exec
insert into organisation (id, credit_code, name, name_key, type, division_code, independent_legal_person, legal_representative, created_by, created_at, updated_at)
values ($1::uuid, $2, $3, $4, $5, $6, $7::boolean, $8, $9::uuid, $10::timestamptz, $10::timestamptz)
