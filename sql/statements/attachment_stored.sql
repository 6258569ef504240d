-- :one
select coalesce(sum(octet_length(content)), 0)::bigint as bytes, count(*) as parts, coalesce(max(n), 0) as last_part from attachment_part
 where attachment_id = $1::uuid
