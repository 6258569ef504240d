-- :optional
select a.id, a.number, a.kind, a.name, a.status, a.industry_field, a.industry_class, a.round, a.revision, a.alliance_id, a.predecessor_id,
       a.origin, a.host_credit_code, a.snapshot_sha256, a.first_submitted_on, a.submitted_on, a.accepted_on, a.accepted_late, a.due_on,
       o.id as "lead_organisation.id", o.name as "lead_organisation.name", o.credit_code as "lead_organisation.credit_code",
       u.id as "recommender.id", u.name as "recommender.name", u.kind as "recommender.kind",
       a.version, a.created_at, a.updated_at, a.form::text as _form
  from application a
  join organisation o on o.id = a.lead_organisation_id
  left join recommender u on u.id = a.recommender_id
 where a.id = $1::uuid
