-- :optional
select l.id, l.status, a.kind
  from application a left join alliance l on l.id = a.alliance_id
 where a.id = $1::uuid
