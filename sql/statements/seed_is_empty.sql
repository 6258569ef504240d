-- :one
select not exists (select from account) and not exists (select from alliance) and not exists (select from organisation) as empty
