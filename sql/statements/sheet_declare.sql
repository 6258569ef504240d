-- :exec
update sheet set declaration = $2::jsonb, declared_at = $3::timestamptz where id = $1::uuid
