-- :exec
update sheet set total_hundredths = $2::integer, submitted_at = $3::timestamptz, sha256 = $4 where id = $1::uuid
