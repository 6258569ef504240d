-- :exec
update application set recommender_id = $2::uuid, updated_at = $3::timestamptz where id = $1::uuid
