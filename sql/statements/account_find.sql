-- :many
select a.id from account a where a.name = $1 or a.id::text = lower($1) order by a.id limit 2
