-- :many
select s.id, s.status
  from sheet s
  join panel p on p.id = s.panel_id
 where s.expert_id = $1::uuid
   and s.status in ('invited', 'accepted', 'scoring')
   and p.status in ('draft', 'constituted', 'scoring')
 order by s.id
   for no key update of s for share of p
