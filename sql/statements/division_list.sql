-- :many
select code, name as zh, valid_from, valid_to from division order by code
