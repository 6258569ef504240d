-- :optional
select d.id, d.status, d.version, d.type, d.drafted_by, d.edited_by, d.approved_on, d.document_no,
       (select string_agg(r.role, ',') from document_reach r where r.account_id = $2::uuid and r.id = d.id) as reach,
       exists (select from document x where x.document_no = $3::text and x.id <> d.id) as number_taken
  from document d
 where d.id = $1::uuid
