-- :optional
select a.budget_line_id,
       (select b.id from budget_line b where b.fiscal_year = $2::integer and b.kind = a.kind || '_award') as current_line_id
from award a where a.id = $1::uuid
