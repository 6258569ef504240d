-- :many
select key, value, valid_from, valid_to from parameter order by key, valid_from
