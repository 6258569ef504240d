-- :many
select r.code as _key, r.id as _id, r.id, r.code, r.kind, r.name, r.credit_code, r.division_code, r.fiscal_code, r.fiscal_direct, r.is_fictitious, r.valid_from, r.valid_to,
       r.successor_id,
       coalesce((select json_agg(f.field_code order by f.field_code) from recommender_field f where f.recommender_id = r.id), '[]') as fields
  from recommender r
 where ($1::uuid is null or $1::uuid is not null)
   and ($2::text is null or (r.code, r.id) > ($2, $3::uuid))
   and r.is_active
   and r.valid_from <= $5::date and (r.valid_to is null or r.valid_to >= $5::date)
   and ($6::text is null or r.kind = $6)
   and ($7::text is null or exists (select from recommender_field f where f.recommender_id = r.id and f.field_code = $7))
 order by r.code, r.id
 limit $4::integer
