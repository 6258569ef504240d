-- :exec
insert into award_scheme (id, kind, fiscal_year, amount, document_no, proposed_by, created_at, updated_at)
values ($1::uuid, $2, $3::integer, $4::bigint, $5, $6::uuid, $7::timestamptz, $7::timestamptz)
