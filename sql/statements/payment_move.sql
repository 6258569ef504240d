-- :one
update payment set status = $4, version = version + 1, updated_at = $5::timestamptz
where id = $1::uuid and status = $2 and version = $3::bigint
returning version
