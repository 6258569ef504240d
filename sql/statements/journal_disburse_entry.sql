-- :one
select e.id, e.maker_id, e.document_no from journal_entry e where e.payment_id = $1::uuid and e.type = 'DISBURSE'
