-- :many
-- who reaches everything reads it in its order, that of its application or that of its status; the others start from what they reach
with everywhere (yes) as (
    select exists (select from live_grant g where g.account_id = $1::uuid and g.role in ('officer', 'leader', 'auditor'))
)
select p.id, p.application_id, a.number as application_number, a.name, p.round, p.industry_field, p.due_on, p.result, p.status, p.created_at,
       p.created_at::text as _key, p.id as _id
  from (select x.* from (
            (select x.* from panel x where $5::uuid is null and $6::text is null
                and (select yes from everywhere) order by x.created_at desc, x.id desc)
            union all
            (select x.* from panel x where $5::uuid is null and x.status = $6
                and (select yes from everywhere) order by x.created_at desc, x.id desc)
            union all
            (select x.* from panel x where x.application_id = $5::uuid
                and (select yes from everywhere) order by x.created_at desc, x.id desc)
            union all
            (select x.* from panel x where not (select yes from everywhere)
             and x.id = any (array(select r.id from panel_reach r where r.account_id = $1::uuid)) order by x.created_at desc, x.id desc)) x
         where (x.created_at, x.id) < (coalesce($2::timestamptz, 'infinity'), coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
           and ($5::uuid is null or x.application_id = $5::uuid)
           and ($6::text is null or x.status = $6)
         order by x.created_at desc, x.id desc
         limit $4::integer) p
  join application a on a.id = p.application_id
 order by p.created_at desc, p.id desc
