-- :exec
update budget_line set cap = $2::bigint, document_no = $3 where id = $1::uuid
