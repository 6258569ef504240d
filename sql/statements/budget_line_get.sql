-- :optional
select b.id, b.fiscal_year, b.kind, b.cap, b.carry_over, b.document_no, m.available, m.committed, m.disbursed, d.name as drafted_by,
       a.name as approved_by, j.id as "pending_adjustment.id", j.cap as "pending_adjustment.cap",
       j.document_no as "pending_adjustment.document_no", j.reason as "pending_adjustment.comment", q.name as "pending_adjustment.proposed_by",
       j.created_at as "pending_adjustment.created_at", b.status, b.version, b.created_at, b.updated_at
from budget_line b
join budget_money m on m.budget_line_id = b.id
join account d on d.id = b.drafted_by
left join account a on a.id = b.approved_by
left join budget_adjustment j on j.budget_line_id = b.id and j.status = 'pending'
left join account q on q.id = j.proposed_by
where b.id = $1::uuid
