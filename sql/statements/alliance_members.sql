-- :optional
-- what the caller is to the alliance is asked once, not of each member
with reach as materialized (
    select r.role from alliance_reach r where r.account_id = $2::uuid and r.id = $1::uuid
), own as materialized (
    select g.organisation_id from live_grant g where g.account_id = $2::uuid and g.role = 'member' and g.organisation_id is not null
)
select a.version,
       (select coalesce(json_agg(json_strip_nulls(json_build_object('name', m.name, 'type', m.type, 'is_lead', m.is_lead,
               'credit_code', case when s.seen then m.credit_code end, 'division_code', case when s.seen then m.division_code end,
               'legal_representative', case when s.seen then m.legal_representative end,
               'is_core', case when s.seen then m.is_core end, 'is_host', case when s.seen then m.is_host end,
               'advantage', case when s.seen then m.advantage end, 'financing_service', case when s.seen then m.financing_service end,
               'joined_on', case when s.seen then m.joined_on end, 'tasks', case when s.seen then (
                   select json_agg(json_strip_nulls(json_build_object('text', k.text, 'task', k.task, 'work', k.work)) order by k.position)
                     from alliance_task k where k.alliance_id = m.alliance_id and k.credit_code = m.credit_code) end))
               order by m.position), '[]')
          from alliance_member m
          left join organisation o on o.credit_code = m.credit_code
          cross join lateral (select exists (select from reach r where r.role <> 'member')
                     or (exists (select from reach) and exists (select from own w where w.organisation_id = o.id)) as seen) s
         where m.alliance_id = a.id and m.left_on is null) as items
  from alliance a
 where a.id = $1::uuid
   and (a.is_public or exists (select from reach))
