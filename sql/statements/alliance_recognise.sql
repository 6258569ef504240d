-- :exec
update alliance l
   set number = $3, name = a.name, name_key = a.name_key, industry_field = a.industry_field, industry_class = a.industry_class,
       division_code = lead.division_code, lead_organisation_id = a.lead_organisation_id, host_organisation_id = $4::uuid,
       recommender_id = a.recommender_id, recognised_on = $6::date, recognition_document_id = $5::uuid, application_id = a.id
  from application a join organisation lead on lead.id = a.lead_organisation_id
 where l.id = $1::uuid and a.id = $2::uuid
