-- :one
update budget_adjustment set status = 'booked', decided_by = $2::uuid, decided_at = $3::timestamptz
where id = $1::uuid and status = 'pending'
returning id
