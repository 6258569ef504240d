-- :exec
update account
   set name = $2, email = $3,
       disabled_at = case when $4::boolean then coalesce(disabled_at, $5::timestamptz) end,
       version = version + 1, updated_at = $5::timestamptz
 where id = $1::uuid
