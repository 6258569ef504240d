-- :exec
insert into endorsement (id, application_id, revision, recommender_id, requested_on, due_on, status, created_at, updated_at)
values ($1::uuid, $2::uuid, $3::integer, $4::uuid, $5::date, $6::date, 'requested', $7::timestamptz, $7::timestamptz)
