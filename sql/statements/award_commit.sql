-- :exec
update award set budget_line_id = $2::uuid, fund_document_no = $3, approved_by = $4::uuid, approved_on = $5::date where id = $1::uuid
