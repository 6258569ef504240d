-- :exec
update budget_adjustment set status = 'superseded' where budget_line_id = $1::uuid and status = 'pending'
