-- :one :slow
with range as (
    select h.entry_no as last, h.hash as last_hash, coalesce($1::bigint, 1) as low,
           least(coalesce($2::bigint, h.entry_no), h.entry_no, coalesce($1::bigint, 1) + 99999) as high
    from journal_head h
), checked as (
    select e.entry_no, e.hash,
           e.previous_hash is not distinct from coalesce((select p.hash from journal_entry p where p.entry_no = e.entry_no - 1),
                                                         case e.entry_no when 1 then decode(repeat('00', 32), 'hex') end)
           and e.hash = journal_hash(e.previous_hash, journal_canonical(e, journal_lines_text(e.id)))
           and (select count(*) = 2 and sum(l.amount) = 0 from journal_line l where l.entry_id = e.id)
           and (e.entry_no <> r.last or e.hash = r.last_hash) as ok
    from range r
    join journal_entry e on e.entry_no between r.low and r.high
), broken as (
    select min(x.entry_no) as entry_no from (
        select c.entry_no from checked c where not c.ok
        union all
        select n from range r, generate_series(r.low, r.high) n where not exists (select from checked c where c.entry_no = n)
    ) x
), trial as (
    select t.account, sum(t.amount)::bigint as amount, sum(t.kept)::bigint as kept
    from (select account, amount, 0 as kept from journal_line union all select account, 0, amount from balance) t
    group by t.account
)
select r.low as from_entry_no, r.high as to_entry_no, r.last as last_entry_no, (select count(*) from checked) as entries,
       b.entry_no is null as chain_ok, b.entry_no as first_broken_entry_no, encode(r.last_hash, 'hex') as last_hash,
       (select json_agg(json_build_object('account', t.account, 'amount', money_json(t.amount)) order by t.account) from trial t) as trial_balance,
       coalesce((select sum(t.amount) from trial t), 0)::bigint as trial_total,
       coalesce((select bool_and(t.amount = t.kept) from trial t), true) as balances_ok
from range r, broken b
