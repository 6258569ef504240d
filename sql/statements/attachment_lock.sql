-- :optional
select t.id, t.subject_kind, t.subject_id, t.kind, t.title, t.media_type, t.bytes, t.sha256, t.complete_at is not null as complete, t.complete_at, t.uploaded_as,
       t.version, t.created_at, t.updated_at, t.uploaded_by as _uploaded_by,
       (select max(p.n) from attachment_part p where p.attachment_id = t.id) as _parts,
       (select string_agg(r.role, ',') from (
           select role from application_reach where t.subject_kind = 'application' and account_id = $2::uuid and id = t.subject_id
              and role <> 'member' and (role <> 'expert' or t.kind <> 'application_form')
           union all
           select role from document_reach where t.subject_kind = 'document' and account_id = $2::uuid and id = t.subject_id
           union all
           select role from organisation_reach where t.subject_kind = 'organisation' and account_id = $2::uuid and id = t.subject_id) r) as _reach
  from attachment t
 where t.id = $1::uuid
   for update of t
