-- :optional
update attachment set discarded_at = $2::timestamptz, version = version + 1, updated_at = $2::timestamptz
where id = $1::uuid and complete_at is null and discarded_at is null
returning kind
