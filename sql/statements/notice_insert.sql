-- :exec
insert into notice (id, recipient_kind, recipient, kind, subject_kind, subject_id, due_on, key, created_at)
values ($1::uuid, $2, $3, $4, $5, $6::uuid, $7::date, $8, $9::timestamptz)
on conflict on constraint notice_once do nothing
