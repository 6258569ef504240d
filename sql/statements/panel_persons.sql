-- :many
select p ->> 'name' as name, p ->> 'credit_code' as credit_code, p ->> 'organisation_name' as organisation_name
  from application a
 cross join jsonb_path_query(a.form, 'lax $.governance.bodies[*].persons[*]') p
 where a.id = $1::uuid and jsonb_typeof(p) = 'object'
union all
select p ->> 'name', a.form #>> '{host,credit_code}', a.form #>> '{host,name}'
  from application a
 cross join jsonb_path_query(a.form, 'lax $.host.full_time_staff[*]') p
 where a.id = $1::uuid and jsonb_typeof(p) = 'object'
