-- :exec
insert into panel (id, application_id, round, industry_field, rubric_version, weights, created_by, created_at, updated_at)
select $1::uuid, a.id, a.round, a.industry_field, $3, array(select w::integer from json_array_elements_text($4::json) w),
       $5::uuid, $6::timestamptz, $6::timestamptz
  from application a
 where a.id = $2::uuid
