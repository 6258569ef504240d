-- :many
-- Announced a day ago and still not complete.
select id
from attachment
where complete_at is null and discarded_at is null and created_at < $1::timestamptz - interval '24 hours'
order by created_at, id
limit 1000
