-- :optional
select a.id, a.status, a.version, a.number, a.kind, a.round, a.revision, a.recommender_id, a.lead_organisation_id, a.name, a.name_key,
       a.industry_field, a.industry_class, a.form::text as form, a.due_on, a.first_submitted_on, a.alliance_id, a.predecessor_id,
       (select string_agg(r.role, ',') from application_reach r where r.account_id = $2::uuid and r.id = a.id) as reach
  from application a
 where a.id = $1::uuid
   for update of a
