-- :many
select t.id, t.subject_kind, t.subject_id, t.kind, t.title, t.media_type, t.bytes, t.sha256, t.complete_at is not null as complete, t.complete_at, t.uploaded_as,
       t.version, t.created_at, t.updated_at
  from attachment t
 where t.subject_kind = 'application' and t.subject_id = $1::uuid
   and (select count(*) from attachment_reach r where r.account_id = $2::uuid and r.id = t.id) > 0
 order by t.created_at, t.id
 limit 500
