-- :optional
select id from budget_line where id = $1::uuid for update
