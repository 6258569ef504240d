-- :one
select recognised_on from alliance where id = $1::uuid
