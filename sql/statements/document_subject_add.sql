-- :optional
with open_document as (
    update document set version = version + 1, updated_at = $5::timestamptz
     where id = $2::uuid and status = 'draft'
    returning id, type)
insert into document_subject (id, document_id, type, application_id, round, added_by, added_at)
select $1::uuid, d.id, d.type, a.id, a.round, $4::uuid, $5::timestamptz
  from open_document d, application a
 where a.id = $3::uuid
returning document_id
