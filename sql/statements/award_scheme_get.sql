-- :optional
select s.id, s.kind, s.fiscal_year, s.amount, s.document_no, p.name as proposed_by, c.name as confirmed_by, s.confirmed_at, s.status,
       s.version, s.created_at, s.updated_at
from award_scheme s
join account p on p.id = s.proposed_by
left join account c on c.id = s.confirmed_by
where s.id = $1::uuid
