-- :many
-- who reaches everything reads it in its order, that of its application or that of its unit; the others start from what they reach
with everywhere (yes) as (
    select exists (select from live_grant g where g.account_id = $1::uuid and g.role in ('officer', 'leader', 'auditor'))
)
select e.id, e.application_id, a.number as "application.number", a.name as "application.name", e.revision, u.id as "recommender.id", u.name as "recommender.name",
       u.kind as "recommender.kind", e.status, e.requested_on, e.due_on, e.overdue, e.opinion, e.opinion_text, e.basis, e.signer, e.post, e.signed_on,
       e.checklist, e.attachment_id, e.version, e.created_at, e.updated_at,
       e.created_at::text as _key, e.id as _id
  from (select x.* from (
            (select x.* from endorsement x where $6::uuid is null and $7::uuid is null
                and (select yes from everywhere) order by x.created_at desc, x.id desc)
            union all
            (select x.* from endorsement x where $6::uuid is null and x.recommender_id = $7::uuid
                and (select yes from everywhere) order by x.created_at desc, x.id desc)
            union all
            (select x.* from endorsement x where x.application_id = $6::uuid
                and (select yes from everywhere) order by x.created_at desc, x.id desc)
            union all
            (select x.* from endorsement x where not (select yes from everywhere)
             and x.id = any (array(select r.id from endorsement_reach r where r.account_id = $1::uuid)) order by x.created_at desc, x.id desc)) x
         where (x.created_at, x.id) < (coalesce($2::timestamptz, 'infinity'), coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
           and ($5::text is null or x.status = any (string_to_array($5, ',')))
           and ($6::uuid is null or x.application_id = $6::uuid)
           and ($7::uuid is null or x.recommender_id = $7::uuid)
           and ($8::boolean is null or x.overdue = $8::boolean)
         order by x.created_at desc, x.id desc
         limit $4::integer) e
  join application a on a.id = e.application_id
  join recommender u on u.id = e.recommender_id
 order by e.created_at desc, e.id desc
