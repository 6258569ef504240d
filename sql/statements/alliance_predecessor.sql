-- :optional
select a.status, (a.updated_at at time zone 'Asia/Shanghai')::date as ended_on
  from alliance a
 where a.id = $1::uuid and a.is_public
