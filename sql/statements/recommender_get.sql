-- :optional
select r.id, r.code, r.kind, r.name, r.credit_code, r.division_code, r.fiscal_code, r.fiscal_direct, r.is_fictitious, r.valid_from, r.valid_to,
       r.successor_id,
       coalesce((select json_agg(f.field_code order by f.field_code) from recommender_field f where f.recommender_id = r.id), '[]') as fields
  from recommender r
 where r.id = $1::uuid
