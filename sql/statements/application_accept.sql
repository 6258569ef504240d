-- :exec
update application set accepted_on = $2::date, accepted_late = $2::date > $3::date, acceptance_checklist = $4::jsonb, due_on = null, updated_at = $5::timestamptz
 where id = $1::uuid
