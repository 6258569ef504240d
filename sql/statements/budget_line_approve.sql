-- :exec
update budget_line set approved_by = $2::uuid, document_no = coalesce($3, document_no) where id = $1::uuid
