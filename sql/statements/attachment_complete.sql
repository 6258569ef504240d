-- :exec
update attachment set complete_at = $2::timestamptz, version = version + 1, updated_at = $2::timestamptz where id = $1::uuid
