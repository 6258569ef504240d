-- :optional
select id from award where id = $1::uuid for update
