-- :optional
select id from payment where id = $1::uuid for update
