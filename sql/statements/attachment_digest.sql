-- :one
select encode(sha256(coalesce(string_agg(content, ''::bytea order by n), ''::bytea)), 'hex') as sha256 from attachment_part where attachment_id = $1::uuid
