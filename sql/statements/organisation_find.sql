-- :optional
select id, credit_code, administering_unit_id from organisation where id = $1::uuid
