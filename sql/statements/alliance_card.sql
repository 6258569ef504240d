-- :optional :merge
select a.id, a.number, a.name, a.industry_field, f.name as industry_field_name, a.industry_class, a.division_code, v.name as division_name,
       lead.name as "lead.name", u.name as "recommender.name", u.kind as "recommender.kind",
       a.status, alliance_is_qualified(a.status, t.due_on, t.submit_deadline_on, $3::date) as qualified, a.recognised_on, t.due_on, t.submit_deadline_on, t.calendar_assumed, d.document_no,
       (select coalesce(json_agg(json_build_object('name', m.name, 'type', m.type, 'is_lead', m.is_lead) order by m.position), '[]')
          from alliance_member m where m.alliance_id = a.id and m.left_on is null) as members,
       a.version, a.created_at, a.updated_at
  from alliance a
  left join lateral (select r.due_on, r.submit_deadline_on, r.calendar_assumed
                       from recognition_term r where r.alliance_id = a.id order by r.seq desc limit 1) t on true
  left join organisation lead on lead.id = a.lead_organisation_id
  left join recommender u on u.id = a.recommender_id
  left join industry_field f on f.code = a.industry_field
  left join division v on v.code = a.division_code
  left join document d on d.id = a.recognition_document_id
 where a.id = coalesce($1::uuid, (select x.id from alliance x where x.number = $2)) and a.is_public
