-- :many
select kind, revision, position, text, pointer, answer, asked_at, answered_at
  from application_point
 where application_id = $1::uuid
 order by asked_at, revision, kind, position
