-- :optional
select s.id, s.status, s.version, s.proposed_by, s.kind, s.fiscal_year, s.amount,
       exists (select from award_scheme o where o.kind = s.kind and o.fiscal_year = s.fiscal_year and o.status = 'confirmed') as year_is_taken
from award_scheme s where s.id = $1::uuid
for update of s
