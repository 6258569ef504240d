-- :many :slow
-- who reaches everything reads it in its order; the others start from what they reach
select a.id, a.number, a.kind, a.name, a.status, a.industry_field, a.industry_class, a.round, a.revision, a.submitted_on, a.accepted_on, a.due_on,
       o.id as "lead_organisation.id", o.name as "lead_organisation.name", o.credit_code as "lead_organisation.credit_code",
       u.id as "recommender.id", u.name as "recommender.name", u.kind as "recommender.kind",
       a.version, a.created_at, a.updated_at, a.created_at::text as _key, a.id as _id
  from (select x.* from (
            (select x.* from application x where $8::text is null and (select exists (select from live_grant g where g.account_id = $1::uuid and g.role in ('officer', 'leader', 'auditor'))) order by x.created_at desc, x.id desc)
            union all
            (select x.* from application x where text_pairs(x.name_key || ' ' || lower(x.number)) @> text_pairs($8) and (select exists (select from live_grant g where g.account_id = $1::uuid and g.role in ('officer', 'leader', 'auditor'))) order by x.created_at desc, x.id desc)
            union all
            (select x.* from application x where not (select exists (select from live_grant g where g.account_id = $1::uuid and g.role in ('officer', 'leader', 'auditor')))
             and x.id = any (array(select r.id from application_reach r where r.account_id = $1::uuid)) order by x.created_at desc, x.id desc)) x
         where (x.created_at, x.id) < (coalesce($2::timestamptz, 'infinity'), coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
           and ($5::text is null or x.status = any (string_to_array($5, ',')))
           and ($6::text is null or x.industry_field = $6)
           and ($7::uuid is null or x.recommender_id = $7::uuid)
           and ($8::text is null or strpos(x.name_key, $8) > 0 or strpos(x.number, upper($9)) > 0)
         order by x.created_at desc, x.id desc
         limit $4::integer) a
  join organisation o on o.id = a.lead_organisation_id
  left join recommender u on u.id = a.recommender_id
 order by a.created_at desc, a.id desc
