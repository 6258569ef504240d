-- :one :slow
select coalesce(json_agg(json_build_object('fiscal_year', x.fiscal_year, 'budget_line_id', x.budget_line_id, 'kind', x.kind, 'account', x.account,
                                           'amount', money_json(x.amount)) order by x.fiscal_year, x.kind, x.account), '[]') as items,
       coalesce(sum(x.amount), 0)::bigint as total
from (
    select l.fiscal_year, l.id as budget_line_id, l.kind, b.account, sum(b.amount)::bigint as amount
    from balance b
    join budget_line l on l.id = b.budget_line_id
    where ($1::integer is null or l.fiscal_year = $1::integer)
      and ($2::uuid is null or b.award_id = $2::uuid)
    group by l.fiscal_year, l.id, l.kind, b.account
) x
