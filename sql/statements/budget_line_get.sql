-- :optional
select b.id, b.fiscal_year, b.kind, b.cap, b.carry_over, b.document_no, m.available, m.committed, m.disbursed, d.name as drafted_by,
       a.name as approved_by, b.status, b.version, b.created_at, b.updated_at
from budget_line b
join budget_money m on m.budget_line_id = b.id
join account d on d.id = b.drafted_by
left join account a on a.id = b.approved_by
where b.id = $1::uuid
