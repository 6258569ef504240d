-- :optional
select a.number, p.result as panel_result, p.concluded_on, d.id is not null as in_document,
       case when d.id is not null then a.proposal end as proposal,
       case when d.id is not null then a.proposer_account_id end as proposer,
       case when d.id is not null then a.override_reason end as override_reason,
       exists (select from document_subject o join document x on x.id = o.document_id
                where o.application_id = a.id and o.round = a.round and o.removed_at is null and x.status = 'issued'
                  and x.id is distinct from d.id) as issued_this_round,
       d.type as document_type, d.status as document_status, d.drafted_by, d.edited_by, d.approved_on,
       n.id is not null as named_exists, n.status as named_status, n.type as named_type,
       exists (select from document x where x.document_no = $3::text and x.id is distinct from d.id) as number_taken
  from application a
  left join panel p on p.application_id = a.id and p.round = a.round and p.status = 'concluded'
  left join document_subject s on s.application_id = a.id and s.round = a.round and s.removed_at is null
  left join document d on d.id = s.document_id
  left join document n on n.id = $2::uuid
 where a.id = $1::uuid
