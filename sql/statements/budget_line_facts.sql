-- :optional
select b.id, b.status, b.version, b.fiscal_year, b.kind, b.cap, b.carry_over, b.document_no, b.drafted_by, m.available, m.committed,
       (select count(*) from payment p join award a on a.id = p.award_id
         where a.budget_line_id = b.id and p.status in ('prepared', 'confirmed')) as pending,
       exists (select from document d where d.document_no = $3 and d.status = 'issued') as document_is_issued,
       (select string_agg(r.role, ',') from budget_line_reach r where r.id = b.id and r.account_id = $1::uuid) as reach
from budget_line b
join budget_money m on m.budget_line_id = b.id
where b.id = $2::uuid
