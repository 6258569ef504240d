-- :one
update application
   set proposer_account_id = $2::uuid, proposal = $3, override_reason = $4, proposed_at = $5::timestamptz
 where id = $1::uuid
returning name, number, kind
