-- :many
select f.position - 1 as position, f.code
  from json_array_elements_text($1::json) with ordinality as f(code, position)
 where not exists (select from industry_field i where i.code = f.code)
