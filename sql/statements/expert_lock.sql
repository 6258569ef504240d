-- :optional
select id from expert where id = $1::uuid for update
