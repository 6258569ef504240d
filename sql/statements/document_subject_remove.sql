-- :exec
with gone as (
    update document_subject s set removed_at = $2::timestamptz
      from document d
     where d.id = s.document_id and d.status <> 'issued' and s.application_id = $1::uuid and s.removed_at is null
    returning s.document_id)
update document set version = version + 1, updated_at = $2::timestamptz where id in (select document_id from gone)
