-- :optional
select id from panel where id = $1::uuid for update
