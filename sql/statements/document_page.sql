-- :many
select d.id, d.type, d.title, d.document_no, d.issued_on, d.status, d.version, d.created_at, d.updated_at,
       (select count(*) from document_subject s where s.document_id = d.id and s.removed_at is null) as subject_count,
       d.created_at::text as _key, d.id as _id
  from document d
 where exists (select from document_reach r where r.account_id = $1::uuid and r.id = d.id)
   and (d.created_at, d.id) < (coalesce($2::timestamptz, 'infinity'), coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
   and ($5::text is null or d.status = any (string_to_array($5, ',')))
   and ($6::text is null or d.type = any (string_to_array($6, ',')))
   and ($7::uuid is null or exists (select from document_subject s where s.document_id = d.id and s.application_id = $7::uuid))
 order by d.created_at desc, d.id desc
 limit $4::integer
