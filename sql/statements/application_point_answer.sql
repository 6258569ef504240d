-- :exec
update application_point set answer = $5, answered_at = $6::timestamptz
 where application_id = $1::uuid and kind = $2 and revision = $3::integer and position = $4::integer
