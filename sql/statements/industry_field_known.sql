-- :many
select code from industry_field where code = $1
