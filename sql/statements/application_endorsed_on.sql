-- :optional
select max(signed_day) as endorsed_on
  from (select (h.at at time zone 'Asia/Shanghai')::date as signed_day
          from history h where h.object_id = $1::uuid and h.machine = 'APP' and h.to_status = 'endorsed') d
