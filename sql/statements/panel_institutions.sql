-- :many
select 'member' as relation, m ->> 'credit_code' as credit_code, m ->> 'name' as name
  from application a
 cross join jsonb_array_elements(case when jsonb_typeof(a.form -> 'members') = 'array' then a.form -> 'members' else '[]' end) m
 where a.id = $1::uuid
union all
select 'lead', o.credit_code, o.name from application a join organisation o on o.id = a.lead_organisation_id where a.id = $1::uuid
union all
select 'host', a.host_credit_code, a.form #>> '{host,name}' from application a where a.id = $1::uuid
union all
select 'recommender', r.credit_code, r.name from application a join recommender r on r.id = a.recommender_id where a.id = $1::uuid
