-- :many
select revision, snapshot_sha256, instant_json(at) as at, head ->> 'name' as name, form::text as form, attachments::text as attachments
  from application_revision
 where application_id = $1::uuid
 order by revision desc
 limit 1000
