-- :many
select e.id, e.application_id, a.number as "application.number", a.name as "application.name", e.revision, u.id as "recommender.id", u.name as "recommender.name",
       u.kind as "recommender.kind", e.status, e.requested_on, e.due_on, e.overdue, e.opinion, e.opinion_text, e.basis, e.signer, e.post, e.signed_on,
       e.checklist, e.attachment_id, e.version, e.created_at, e.updated_at,
       e.created_at::text as _key, e.id as _id
  from endorsement e
  join application a on a.id = e.application_id
  join recommender u on u.id = e.recommender_id
 where exists (select from endorsement_reach r where r.account_id = $1::uuid and r.id = e.id)
   and ($2::text is null or (e.created_at, e.id) < ($2::timestamptz, $3::uuid))
   and ($5::text is null or e.status = any (string_to_array($5, ',')))
   and ($6::uuid is null or e.application_id = $6::uuid)
   and ($7::uuid is null or e.recommender_id = $7::uuid)
   and ($8::boolean is null or e.overdue = $8::boolean)
 order by e.created_at desc, e.id desc
 limit $4::integer
