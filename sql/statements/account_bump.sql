-- :exec
update account set version = version + 1, updated_at = $2::timestamptz where id = $1::uuid
