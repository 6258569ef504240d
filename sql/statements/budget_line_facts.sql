-- :optional
select b.id, b.status, b.version, b.fiscal_year, b.kind, b.cap, b.carry_over, b.document_no, b.drafted_by, m.available, m.committed,
       (select count(*) from payment p join award a on a.id = p.award_id
         where a.budget_line_id = b.id and p.status in ('prepared', 'confirmed')) as pending,
       j.id as adjustment_id, j.cap as adjustment_cap, j.document_no as adjustment_document_no, j.reason as adjustment_reason,
       j.proposed_by as adjustment_proposed_by,
       exists (select from document d where d.document_no = coalesce(j.document_no, $3, b.document_no) and d.status = 'issued') as document_is_issued,
       exists (select from document d where d.document_no = coalesce(j.document_no, $3, b.document_no) and d.status = 'issued'
                  and d.type = 'fund_allocation') as document_allocates,
       (select string_agg(r.role, ',') from budget_line_reach r where r.id = b.id and r.account_id = $1::uuid) as reach
from budget_line b
join budget_money m on m.budget_line_id = b.id
left join budget_adjustment j on j.budget_line_id = b.id and j.status = 'pending' and ($5::boolean or j.id = $4::uuid)
where b.id = $2::uuid
