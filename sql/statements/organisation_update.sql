-- :exec
update organisation
   set name = $2, name_key = $3, type = $4, division_code = $5, administering_unit_id = $6::uuid, independent_legal_person = $7::boolean,
       legal_representative = $8, address = $9, registered_capital = $10::bigint, founded_on = $11::date, version = version + 1,
       updated_at = $12::timestamptz
 where id = $1::uuid
