-- :many
select p.id, p.status
  from panel p
 where p.application_id = $1::uuid
   and p.status in ('draft', 'constituted')
 order by p.id
