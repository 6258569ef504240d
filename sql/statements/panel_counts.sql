-- :one
select count(*) filter (where s.status = 'invited') as invited,
       count(*) filter (where s.status not in ('declined', 'recused', 'replaced')) as live,
       count(*) filter (where s.status = 'submitted') as submitted
  from sheet s
 where s.panel_id = $1::uuid
