-- :many
select revision, snapshot_sha256, instant_json(at) as at, head ->> 'name' as name, form::text as form,
       (select coalesce(json_agg(t order by n), '[]')::text from jsonb_array_elements(attachments) with ordinality as x (t, n)
         where (select count(*) from attachment_reach r where r.account_id = $2::uuid and r.id = (t ->> 'id')::uuid) > 0) as attachments
  from application_revision
 where application_id = $1::uuid
 order by revision desc
 limit 1000
