-- :exec
insert into attachment_part (attachment_id, n, content) values ($1::uuid, $2::integer, decode($3, 'hex'))
on conflict (attachment_id, n) do update set content = excluded.content
