-- :one
update bank_account set status = 'confirmed', confirmed_by = $2::uuid, confirmed_at = $3::timestamptz, version = version + 1, updated_at = $3::timestamptz
where id = $1::uuid and status = 'proposed'
returning version
