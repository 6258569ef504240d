-- :optional
-- whoever suspends or removes the expert comes before this transaction or after it
select id from expert where id = $1::uuid for share
