-- :one
select a.alliance_id, a.lead_organisation_id, a.recommender_id, a.name, a.name_key, a.industry_field, a.industry_class, a.revision,
       lead.division_code, d.id as document_id, d.issued_on,
       m.credit_code as host_credit_code, m.name as host_name, m.type as host_type, m.division_code as host_division_code,
       m.independent_legal_person as host_independent, m.legal_representative as host_representative,
       o.id as host_organisation_id
  from application a
  join application_revision v on v.application_id = a.id and v.revision = a.revision
  join organisation lead on lead.id = a.lead_organisation_id
  join document_subject s on s.application_id = a.id and s.round = a.round and s.removed_at is null
  join document d on d.id = s.document_id
  left join lateral (select i ->> 'credit_code' as credit_code, i ->> 'name' as name, i ->> 'type' as type,
                            i ->> 'division_code' as division_code, (i ->> 'independent_legal_person')::boolean as independent_legal_person,
                            i ->> 'legal_representative' as legal_representative
                       from jsonb_array_elements(v.form -> 'members') i where (i ->> 'is_host')::boolean limit 1) m on true
  left join organisation o on o.credit_code = m.credit_code::bpchar
 where a.id = $1::uuid
