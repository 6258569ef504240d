-- :exec
insert into budget_line (id, fiscal_year, kind, cap, carry_over, document_no, drafted_by, status, created_at, updated_at)
values ($1::uuid, $2::integer, $3, $4::bigint, $5::boolean, $6, $7::uuid, 'draft', $8::timestamptz, $8::timestamptz)
