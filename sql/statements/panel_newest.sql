-- :optional
select p.id
  from panel p
 where p.application_id = $1::uuid
   and p.status <> 'voided'
 order by p.round desc, p.created_at desc, p.id desc
 limit 1
