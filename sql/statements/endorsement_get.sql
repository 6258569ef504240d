-- :optional
select e.id, e.application_id, a.number as "application.number", a.name as "application.name", e.revision, u.id as "recommender.id", u.name as "recommender.name",
       u.kind as "recommender.kind", e.status, e.requested_on, e.due_on, e.overdue, e.opinion, e.opinion_text, e.basis, e.signer, e.post, e.signed_on,
       e.checklist, e.attachment_id, e.version, e.created_at, e.updated_at
  from endorsement e
  join application a on a.id = e.application_id
  join recommender u on u.id = e.recommender_id
 where e.id = $1::uuid
