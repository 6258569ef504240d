-- :one
select exists (select from budget_line where fiscal_year = $1::integer and kind = $2) as taken
