-- :one
select exists (select from policy_version p where p.valid_from <= $2::date and (p.valid_to is null or p.valid_to >= $2::date)) as policy_in_force,
       exists (select from application o where o.id <> a.id and o.name_key = a.name_key and o.status in ('submitted', 'returned', 'endorsed',
               'correction', 'accepted', 'evaluating', 'evaluated', 'rectifying', 'decision_pending', 'approved'))
       or exists (select from alliance l where l.name_key = a.name_key and l.id is distinct from a.alliance_id
               and l.status not in ('forming', 'discarded', 'revoked', 'dissolved')) as name_is_taken,
       exists (select from industry_field f where f.code = a.industry_field) as field_is_known,
       exists (select from alliance l where l.lead_organisation_id = a.lead_organisation_id and l.id is distinct from a.alliance_id
               and l.status not in ('forming', 'discarded', 'revoked', 'dissolved')) as lead_leads_other,
       exists (select from alliance l join organisation o on o.id = l.lead_organisation_id where l.industry_field = a.industry_field
               and o.division_code = lead.division_code and l.id is distinct from a.alliance_id
               and l.status not in ('forming', 'discarded', 'revoked', 'dissolved')) as field_is_served,
       exists (select from application o where o.id <> a.id
               and o.status not in ('recognised', 'declined', 'expired', 'rejected_formal', 'refused', 'withdrawn')
               and (o.alliance_id = a.alliance_id or (o.name_key = a.name_key and o.lead_organisation_id = a.lead_organisation_id))) as other_is_open,
       lead.credit_code as lead_credit_code, lead.type as lead_type, lead.division_code as lead_division_code,
       lead.independent_legal_person as lead_is_legal_person,
       exists (select from division d where d.code = lead.division_code and d.valid_from <= $2::date and (d.valid_to is null or d.valid_to >= $2::date))
       or exists (select from recommender z where z.id = lead.administering_unit_id and z.kind = 'county' and z.division_code is null) as lead_is_in_city,
       (select json_agg(d.code)::text from division d where d.valid_from <= $2::date and (d.valid_to is null or d.valid_to >= $2::date)) as divisions,
       (select json_agg(o.credit_code)::text from organisation o where o.credit_code_waived and o.credit_code in
               (select (m ->> 'credit_code')::bpchar from jsonb_array_elements(a.form -> 'members') m)) as waived_codes,
       (select json_agg(json_build_object('id', t.id, 'kind', t.kind, 'title', t.title, 'media_type', t.media_type, 'bytes', t.bytes,
               'sha256', t.sha256, 'since_request', coalesce(t.complete_at >= e.created_at
               and not exists (select from endorsement x where x.attachment_id = t.id and x.id <> e.id), false)) order by t.complete_at desc, t.id desc)::text
          from attachment t where t.subject_kind = 'application' and t.subject_id = a.id and t.complete_at is not null) as attachments,
       u.id as unit_id, u.kind as unit_kind, u.name as unit_name, u.credit_code as unit_credit_code,
       u.is_active and u.valid_from <= $2::date and (u.valid_to is null or u.valid_to >= $2::date) as unit_is_active,
       u.id = lead.administering_unit_id as unit_administers_lead,
       exists (select from recommender_field f where f.recommender_id = u.id and f.field_code = a.industry_field) as unit_has_field,
       c.id as candidate_id, c.kind as candidate_kind, c.name as candidate_name, c.credit_code as candidate_credit_code,
       c.is_active and c.valid_from <= $2::date and (c.valid_to is null or c.valid_to >= $2::date) as candidate_is_active,
       c.id = lead.administering_unit_id as candidate_administers_lead,
       exists (select from recommender_field f where f.recommender_id = c.id and f.field_code = a.industry_field) as candidate_has_field,
       e.id as endorsement_id, e.status as endorsement_status, e.recommender_id as endorsement_recommender_id,
       e.requested_on as endorsement_requested_on, e.due_on as endorsement_due_on, e.overdue as endorsement_overdue,
       exists (select from live_grant g join organisation o on o.id = g.organisation_id where g.account_id = $3::uuid
               and (o.id = a.lead_organisation_id or o.credit_code = a.host_credit_code)) as actor_is_applicant,
       v.form is not null as is_filed, nullif(v.form, a.form)::text as filed_form,
       case a.status when 'endorsed' then (select max((h.at at time zone 'Asia/Shanghai')::date) from history h
               where h.object_id = a.id and h.machine = 'APP' and h.to_status = 'endorsed') end as endorsed_on,
       (select t ->> 'sha256' from jsonb_array_elements(v.attachments) t where t ->> 'kind' = 'agreement' limit 1) as filed_agreement_sha256,
       (select count(*) from application_point p where p.application_id = a.id and p.revision = a.revision
           and p.kind = case a.status when 'correction' then 'correction' when 'rectifying' then 'rectification' end) as point_count,
       exists (select from panel n where n.application_id = a.id and n.round = a.round and n.status in ('scoring', 'closed', 'concluded')) as panel_is_scoring
  from application a
  join organisation lead on lead.id = a.lead_organisation_id
  left join recommender u on u.id = a.recommender_id
  left join recommender c on c.id = $4::uuid
  left join lateral (select * from endorsement e where e.application_id = a.id order by e.created_at desc, e.id desc limit 1) e on true
  left join application_revision v on v.application_id = a.id and v.revision = a.revision
 where a.id = $1::uuid
