-- :many
select o.id, o.credit_code, o.credit_code_waived, o.legacy_code, o.name, o.type, o.division_code, u.id as "administering_unit.id",
       u.name as "administering_unit.name", o.independent_legal_person, o.legal_representative, o.address, o.registered_capital, o.founded_on, o.is_fictitious,
       o.version, o.created_at, o.updated_at,
       o.created_at::text as _key, o.id as _id
  from organisation o
  left join recommender u on u.id = o.administering_unit_id
 where exists (select from organisation_reach r where r.account_id = $1::uuid and r.id = o.id)
   and ($2::text is null or (o.created_at, o.id) < ($2::timestamptz, $3::uuid))
   and ($5::text is null or o.type = $5)
   and ($6::text is null or o.division_code = $6)
   and ($7::text is null or o.credit_code = upper($7))
   and ($8::text is null or strpos(o.name_key, $8) > 0)
 order by o.created_at desc, o.id desc
 limit $4::integer
