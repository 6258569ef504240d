-- :many :slow
-- who reaches everything reads it in its order; the others start from what they reach
select o.id, o.credit_code, o.credit_code_waived, o.legacy_code, o.name, o.type, o.division_code, u.id as "administering_unit.id",
       u.name as "administering_unit.name", o.independent_legal_person, o.legal_representative, o.address, o.registered_capital, o.founded_on, o.is_fictitious,
       o.version, o.created_at, o.updated_at,
       o.created_at::text as _key, o.id as _id
  from (select x.* from (
            (select x.* from organisation x where $7::text is null and $8::text is null and (select exists (select from live_grant g where g.account_id = $1::uuid and g.role in ('officer', 'leader', 'finance', 'auditor'))) order by x.created_at desc, x.id desc)
            union all
            (select x.* from organisation x where x.credit_code = upper($7) and (select exists (select from live_grant g where g.account_id = $1::uuid and g.role in ('officer', 'leader', 'finance', 'auditor'))) order by x.created_at desc, x.id desc)
            union all
            (select x.* from organisation x where $7::text is null and text_pairs(x.name_key) @> text_pairs($8) and (select exists (select from live_grant g where g.account_id = $1::uuid and g.role in ('officer', 'leader', 'finance', 'auditor'))) order by x.created_at desc, x.id desc)
            union all
            (select x.* from organisation x where not (select exists (select from live_grant g where g.account_id = $1::uuid and g.role in ('officer', 'leader', 'finance', 'auditor')))
             and x.id = any (array(select r.id from organisation_reach r where r.account_id = $1::uuid)) order by x.created_at desc, x.id desc)) x
         where (x.created_at, x.id) < (coalesce($2::timestamptz, 'infinity'), coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
           and ($5::text is null or x.type = $5)
           and ($6::text is null or x.division_code = $6)
           and ($7::text is null or x.credit_code = upper($7))
           and ($8::text is null or strpos(x.name_key, $8) > 0)
         order by x.created_at desc, x.id desc
         limit $4::integer) o
  left join recommender u on u.id = o.administering_unit_id
 order by o.created_at desc, o.id desc
