-- :exec
update bank_account set status = 'superseded', version = version + 1, updated_at = $2::timestamptz
where organisation_id = $1::uuid and status = 'confirmed'
