-- :optional
select t.id, t.subject_kind, t.subject_id, t.kind, t.title, t.media_type, t.bytes, t.sha256, t.complete_at is not null as complete, t.complete_at, t.uploaded_as,
       t.version, t.created_at, t.updated_at, t.uploaded_by as _uploaded_by,
       (select max(p.n) from attachment_part p where p.attachment_id = t.id) as _parts,
       (select string_agg(r.role, ',') from attachment_reach r where r.account_id = $2::uuid and r.id = t.id) as _reach
  from attachment t
 where t.id = $1::uuid and t.discarded_at is null
   for update of t
