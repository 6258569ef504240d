-- :exec
insert into organisation (id, credit_code, legacy_code, name, name_key, type, division_code, administering_unit_id, independent_legal_person,
    legal_representative, address, registered_capital, founded_on, is_fictitious, created_by, created_at, updated_at)
values ($1::uuid, $2, $3, $4, $5, $6, $7, $8::uuid, $9::boolean, $10, $11, $12::bigint, $13::date, $14::boolean, $15::uuid, $16::timestamptz, $16::timestamptz)
