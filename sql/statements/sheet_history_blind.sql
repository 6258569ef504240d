-- :many
select h.machine, h.action, case when h.from_status = 'scoring' then 'accepted' else h.from_status end as "from", h.to_status as "to", h.at, h.role, a.name as account, h.reason, h.articles, h.request_id
  from history h
  left join account a on a.id = h.account_id
 where h.object_id = $1::uuid
   and h.machine = 'SHEET'
   and h.action not in ('score', 'submit')
 order by h.seq
