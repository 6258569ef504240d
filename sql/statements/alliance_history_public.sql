-- :many
select h.to_status, (h.at at time zone 'Asia/Shanghai')::date::text as on_day
  from history h
 where h.object_id = $1::uuid and h.machine = 'ALL' and h.to_status not in ('forming', 'discarded')
 order by h.seq
