-- :exec
update application
   set round = round + 1, proposer_account_id = null, proposal = null, override_reason = null, proposed_at = null, due_on = null, updated_at = $2::timestamptz
 where id = $1::uuid
