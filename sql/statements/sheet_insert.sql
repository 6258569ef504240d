-- :exec
insert into sheet (id, panel_id, expert_id, invited_on, answer_due_on, created_at, updated_at)
values ($1::uuid, $2::uuid, $3::uuid, $4::date, $5::date, $6::timestamptz, $6::timestamptz)
