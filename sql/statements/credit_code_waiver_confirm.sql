-- :exec
update credit_code_waiver set checker_id = $2::uuid, confirmed_at = $3::timestamptz, version = version + 1, updated_at = $3::timestamptz
 where id = $1::uuid and confirmed_at is null
