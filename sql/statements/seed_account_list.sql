-- :many
-- One account per role: the first of the bureau's and the units', and those who have something to do in the newest applications.
(select distinct on (g.role) g.role as key, g.account_id
   from account_grant g
  where g.role not in ('lead', 'expert')
  order by g.role, g.granted_at, g.id)
union all
(select 'finance2', g.account_id from account_grant g where g.role = 'finance' order by g.granted_at, g.id offset 1 limit 1)
union all
(select 'lead', g.account_id
   from (select lead_organisation_id from application where status = 'draft' order by created_at desc, id desc limit 1) a
   join account_grant g on g.organisation_id = a.lead_organisation_id and g.role = 'lead' limit 1)
union all
(select 'expert', g.account_id
   from (select expert_id from sheet order by id desc limit 1) s
   join account_grant g on g.expert_id = s.expert_id limit 1)
