-- :exec
update award a
set budget_line_id = $2::uuid, fund_document_no = $3, approved_by = $4::uuid, approved_on = $5::date, payee_name = o.name, payee_credit_code = o.credit_code
from organisation o
where a.id = $1::uuid and o.id = a.payee_organisation_id
