-- :exec
insert into budget_adjustment (id, budget_line_id, cap, document_no, reason, proposed_by, created_at)
values ($1::uuid, $2::uuid, $3::bigint, $4, $5, $6::uuid, $7::timestamptz)
