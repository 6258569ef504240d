-- :optional
select o.id,
       (select string_agg(x.role, ',') from (
            select m.role from money_everywhere m where m.account_id = $1::uuid
            union all
            select g.role from live_grant g where g.account_id = $1::uuid and g.role in ('lead', 'host') and g.organisation_id = o.id) x) as reach
from organisation o where o.id = $2::uuid
