-- :many
select p.id, p.application_id, a.number as application_number, a.name, p.round, p.industry_field, p.due_on, p.result, p.status, p.created_at,
       p.created_at::text as _key, p.id as _id
  from panel p
  join application a on a.id = p.application_id
 where exists (select from panel_reach r where r.account_id = $1::uuid and r.id = p.id)
   and ($2::text is null or (p.created_at, p.id) < ($2::timestamptz, $3::uuid))
   and ($5::uuid is null or p.application_id = $5::uuid)
   and ($6::text is null or p.status = $6)
 order by p.created_at desc, p.id desc
 limit $4::integer
