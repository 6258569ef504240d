-- :optional
select d.id, d.type, d.title, d.legal_basis, d.body, d.drafted_by, w.name as drafted_by_name, d.edited_by, e.name as edited_by_name,
       d.approved_by, p.name as approved_by_name, d.approved_on, d.document_no, d.issued_on, d.status, d.version, d.created_at, d.updated_at,
       (select coalesce(json_agg(json_strip_nulls(json_build_object(
                   'application_id', s.application_id, 'number', a.number, 'name', a.name, 'round', s.round, 'status', a.status,
                   'proposal', a.proposal, 'override_reason', a.override_reason,
                   'panel_result', (select n.result from panel n where n.application_id = a.id and n.round = s.round and n.status = 'concluded')))
               order by a.number), '[]')
          from document_subject s join application a on a.id = s.application_id
         where s.document_id = d.id and s.removed_at is null) as subjects
  from document d
  join account w on w.id = d.drafted_by
  left join account e on e.id = d.edited_by
  left join account p on p.id = d.approved_by
 where d.id = $1::uuid
