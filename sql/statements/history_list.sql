-- :many
select h.machine, h.action, h.from_status, h.to_status, h.at, instant_json(h.at) as at_text, h.role, h.account_id, a.name as account,
    h.reason, h.articles, h.request_id
from history h
left join account a on a.id = h.account_id
where h.object_id = $1::uuid and h.machine = $2
order by h.seq
