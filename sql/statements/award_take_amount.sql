-- :exec
update award set scheme_id = $1::uuid, amount = $4::bigint, version = version + 1, updated_at = $5::timestamptz
where kind = $2 and fiscal_year = $3::integer and status = 'proposed' and scheme_id is null
