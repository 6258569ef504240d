-- :many
select a.id, a.number, a.kind, a.name, a.status, a.industry_field, a.industry_class, a.round, a.revision, a.submitted_on, a.accepted_on, a.due_on,
       o.id as "lead_organisation.id", o.name as "lead_organisation.name", o.credit_code as "lead_organisation.credit_code",
       u.id as "recommender.id", u.name as "recommender.name", u.kind as "recommender.kind",
       a.version, a.created_at, a.updated_at, a.created_at::text as _key, a.id as _id
  from application a
  join organisation o on o.id = a.lead_organisation_id
  left join recommender u on u.id = a.recommender_id
 where exists (select from application_reach r where r.account_id = $1::uuid and r.id = a.id)
   and ($2::text is null or (a.created_at, a.id) < ($2::timestamptz, $3::uuid))
   and ($5::text is null or a.status = any (string_to_array($5, ',')))
   and ($6::text is null or a.industry_field = $6)
   and ($7::uuid is null or a.recommender_id = $7::uuid)
   and ($8::text is null or strpos(a.name_key, $8) > 0 or strpos(a.number, upper($9)) > 0)
 order by a.created_at desc, a.id desc
 limit $4::integer
