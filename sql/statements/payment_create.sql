-- :exec
insert into payment (id, number, award_id, amount, maker_id, replaces_id, bank_account_id, status, created_at, updated_at)
select $1::uuid, $2, a.id, $4::bigint, $5::uuid, $6::uuid, k.id, 'prepared', $7::timestamptz, $7::timestamptz
from award a
left join bank_account k on k.organisation_id = a.payee_organisation_id and k.status = 'confirmed'
where a.id = $3::uuid
