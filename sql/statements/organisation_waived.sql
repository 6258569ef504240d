-- :exec
update organisation set credit_code_waived = true, version = version + 1, updated_at = $2::timestamptz where id = $1::uuid
