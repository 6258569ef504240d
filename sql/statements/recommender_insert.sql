-- :exec
with unit as (
    insert into recommender (id, code, kind, name, credit_code, valid_from, is_fictitious)
    values ($1::uuid, $2, $3, $4, $5, $6::date, $7::boolean)
    returning id)
insert into recommender_field (recommender_id, field_code)
select u.id, f.code from unit u cross join json_array_elements_text($8::json) as f(code)
