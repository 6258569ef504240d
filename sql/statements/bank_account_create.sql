-- :exec
insert into bank_account (id, organisation_id, bank, account_cipher, account_last4, proposed_by, created_at, updated_at)
values ($1::uuid, $2::uuid, $3, decode($4, 'hex'), $5, $6::uuid, $7::timestamptz, $7::timestamptz)
