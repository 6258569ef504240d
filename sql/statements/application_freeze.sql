-- :one
update application
   set revision = revision + 1, snapshot_sha256 = $2, due_on = null,
       submitted_on = case when $3::boolean then $4::date else submitted_on end,
       first_submitted_on = coalesce(first_submitted_on, $4::date), updated_at = $5::timestamptz
 where id = $1::uuid
returning revision
