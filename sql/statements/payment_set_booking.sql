-- :one
update payment set booker_id = $2::uuid, bank_reference = $3, paid_on = $4::date where id = $1::uuid
returning maker_id, confirmer_id, award_id, amount
