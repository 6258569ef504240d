-- :one
select count(*) as attachments, coalesce(sum(bytes), 0)::bigint as bytes
  from attachment
 where subject_kind = $1 and subject_id = $2::uuid and discarded_at is null
