-- :many
select id, recommender_id, due_on
from endorsement
where status = 'requested' and not overdue and due_on < $1::date
order by id
