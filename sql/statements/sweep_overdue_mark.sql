-- :optional
update endorsement set overdue = true, updated_at = $2::timestamptz
where id = $1::uuid and status = 'requested' and not overdue
returning id
