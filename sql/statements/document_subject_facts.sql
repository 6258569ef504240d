-- :many
select s.application_id, a.number, a.status, p.concluded_on,
       exists (select from document_subject o join document x on x.id = o.document_id
                where o.application_id = s.application_id and o.round = s.round and o.type = s.type and o.removed_at is null
                  and o.document_id <> s.document_id and x.status = 'issued') as issued_elsewhere
  from document_subject s
  join application a on a.id = s.application_id
  left join panel p on p.application_id = s.application_id and p.round = s.round and p.status = 'concluded'
 where s.document_id = $1::uuid and s.removed_at is null
 order by a.number
