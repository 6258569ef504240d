-- :optional
select a.id, a.number, a.name, a.industry_field, f.name as industry_field_name, a.industry_class, a.division_code, v.name as division_name,
       lead.name as "lead.name", u.name as "recommender.name", u.kind as "recommender.kind",
       a.status, alliance_is_qualified(a.status, t.due_on, t.submit_deadline_on, $3::date) as qualified, a.recognised_on, t.due_on, t.submit_deadline_on, t.calendar_assumed, d.document_no,
       (select coalesce(json_agg(json_build_object('name', m.name, 'type', m.type, 'is_lead', m.is_lead) order by m.position), '[]')
          from alliance_member m where m.alliance_id = a.id and m.left_on is null) as members,
       a.version, a.created_at, a.updated_at,
       case when reach.is_full then lead.id end as "lead.organisation_id",
       case when reach.is_full then lead.credit_code end as "lead.credit_code",
       case when reach.is_full then host.id end as "host.organisation_id",
       case when reach.is_full then host.name end as "host.name",
       case when reach.is_full then host.credit_code end as "host.credit_code",
       case when reach.is_full then u.id end as "recommender.id",
       case when reach.is_full then a.application_id end as application_id,
       case when reach.is_full then a.recognition_document_id end as recognition_document_id,
       case when reach.is_full then a.predecessor_id end as predecessor_id,
       case when reach.is_full then (select count(*) from alliance_member m
           where m.alliance_id = a.id and m.left_on is null and m.is_core and m.independent_legal_person) end as core_count,
       case when reach.is_full and a.is_public then (select count(*) from alliance_member m
           where m.alliance_id = a.id and m.left_on is null and m.is_core and m.independent_legal_person) < $5::integer end as core_shortfall,
       case when reach.is_full then (select coalesce(json_agg(json_build_object('kind', b.kind, 'name', coalesce(b.name, ''), 'persons',
               (select coalesce(json_agg(json_strip_nulls(json_build_object('name', p.name, 'credit_code', p.credit_code, 'organisation_name', p.organisation_name, 'post', p.post,
                           'full_time', p.full_time, 'from_on', p.from_on)) order by p.seat), '[]')
                  from body_person p where p.alliance_id = b.alliance_id and p.kind = b.kind and p.position = b.position and p.to_on is null))
               order by b.kind, b.position), '[]')
          from alliance_body b where b.alliance_id = a.id) end as governance,
       case when reach.is_full then (select json_build_object('version', g.version, 'content', g.content, 'snapshot_sha256', g.snapshot_sha256,
               'in_force_from', g.in_force_from, 'signatures', (select coalesce(json_agg(json_strip_nulls(json_build_object('credit_code', s.credit_code,
                   'signer', s.signer, 'capacity', s.capacity, 'signed_on', s.signed_on, 'sealed', s.sealed)) order by s.credit_code), '[]')
                   from alliance_signature s where s.alliance_id = g.alliance_id and s.version = g.version))
          from alliance_agreement g where g.alliance_id = a.id order by g.version desc limit 1) end as agreement,
       case when reach.is_full then (select coalesce(json_agg(json_build_object('seq', r.seq, 'start_on', r.start_on, 'due_on', r.due_on,
               'submit_deadline_on', r.submit_deadline_on, 'calendar_assumed', r.calendar_assumed) order by r.seq), '[]')
          from recognition_term r where r.alliance_id = a.id) end as terms,
       reach.roles as _reach
  from alliance a
  left join lateral (select string_agg(r.role, ',') as roles, coalesce(bool_or(r.role <> 'member'), false) as is_full
                       from alliance_reach r where r.account_id = $4::uuid and r.id = a.id) reach on true
  left join lateral (select r.due_on, r.submit_deadline_on, r.calendar_assumed
                       from recognition_term r where r.alliance_id = a.id order by r.seq desc limit 1) t on true
  left join organisation lead on lead.id = a.lead_organisation_id
  left join organisation host on host.id = a.host_organisation_id
  left join recommender u on u.id = a.recommender_id
  left join industry_field f on f.code = a.industry_field
  left join division v on v.code = a.division_code
  left join document d on d.id = a.recognition_document_id
 where a.id = coalesce($1::uuid, (select x.id from alliance x where x.number = $2)) and (a.is_public or reach.roles is not null)
