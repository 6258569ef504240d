-- What the triggers would have refused row by row, asked of everything at once: each row is a fault of the load, with how often.
with step as (
    select h.object_id, h.machine, h.from_status, h.to_status, h.at,
           lag(h.to_status) over w as before, lag(h.at) over w as before_at,
           lead(h.seq) over w is null as is_last
      from history h
     where h.machine is not null
    window w as (partition by h.machine, h.object_id order by h.seq)
), present as (
    select machine, id, status from application
    union all select machine, id, status from endorsement
    union all select machine, id, status from panel
    union all select machine, id, status from sheet
    union all select machine, id, status from document
    union all select machine, id, status from alliance
    union all select machine, id, status from expert
    union all select machine, id, status from budget_line
    union all select machine, id, status from award
    union all select machine, id, status from payment
), replay as (
    select count(*) filter (where s.from_status <> coalesce(s.before, 'new') or s.at < s.before_at) as broken from step s
), ending as (
    select count(*) filter (where s.to_status is distinct from p.status) as broken
      from (select * from step where is_last) s
      full join present p on p.id = s.object_id and p.machine = s.machine
), fault (what, how_often) as (
    select 'a history that is no way through the lifecycle', broken from replay
    union all
    select 'a status that its history does not end in', broken from ending
    union all
    select 'a panel without what its status demands', count(*) from panel p
     where p.status in ('constituted', 'scoring', 'closed', 'concluded') and p.constituted_on is null
        or p.status in ('scoring', 'closed', 'concluded') and p.due_on is null
        or p.status in ('closed', 'concluded') and p.closed_at is null
        or p.status in ('draft', 'constituted', 'scoring') and p.closed_at is not null
        or p.status = 'concluded' and (p.opinion is null or p.concluded_on is null)
    union all
    select 'an issued document without a number', count(*) from document d where d.status = 'issued' and d.document_no is null
    union all
    select 'an agreement whose hash is not its revision''s', count(*)
      from alliance_agreement g left join application_revision r on r.application_id = g.application_id and r.revision = g.revision
     where g.snapshot_sha256 is distinct from r.snapshot_sha256
    union all
    select 'an award whose reservation is not that of its payments', count(*)
      from award a
      left join (select p.award_id, sum(p.amount) as amount from payment p where p.status in ('prepared', 'confirmed', 'paid') group by p.award_id) p
           on p.award_id = a.id
     where a.reserved <> coalesce(p.amount, 0)
    union all
    select 'a payment without the hands or the entries of its status', count(*)
      from payment p
      left join (select e.payment_id, count(*) filter (where e.type = 'DISBURSE') as paid, count(*) filter (where e.type = 'REVERSAL') as reversed
                   from journal_entry e where e.payment_id is not null group by e.payment_id) e on e.payment_id = p.id
     where (p.status in ('paid', 'reversed')) <> (coalesce(e.paid, 0) = 1)
        or (p.status = 'reversed') <> (coalesce(e.reversed, 0) = 1)
        or p.status in ('confirmed', 'paid', 'reversed') and p.confirmer_id is null
        or p.status in ('paid', 'reversed') and p.booker_id is null
        or (p.status = 'reversed') <> (p.reverser_id is not null)
    union all
    select 'an entry that disburses another amount than its payment', count(*)
      from payment p
      join journal_entry e on e.payment_id = p.id and e.type = 'DISBURSE'
      join journal_line l on l.entry_id = e.id and l.account = 'ADVANCE'
     where l.amount <> p.amount
    union all
    select 'an entry whose payee is not its award''s', count(*)
      from journal_entry e join award a on a.id = e.award_id
     where (e.payee_name, e.payee_credit_code) is distinct from (a.payee_name, a.payee_credit_code)
    union all
    select 'an entry without two lines that sum to zero', count(*)
      from journal_entry e
      left join (select l.entry_id, count(*) as n, sum(l.amount) as amount from journal_line l group by l.entry_id) l on l.entry_id = e.id
     where l.n is distinct from 2 or l.amount <> 0
    union all
    select 'an entry with the wrong lines', count(*)
      from journal_line l
      join journal_entry e on e.id = l.entry_id
      left join (select d.type, a.plus, a.minus from (select distinct type from journal_entry) d, journal_accounts(d.type) a) t on t.type = e.type
      left join journal_entry o on o.id = e.reverses_id
      left join journal_line m on m.entry_id = o.id and m.account = l.account
     where (case when e.type = 'REVERSAL'
                 then o.type <> 'REVERSAL' and o.award_id is not distinct from e.award_id and o.budget_line_id = e.budget_line_id
                      and (m.award_id, m.budget_line_id, m.amount) is not distinct from (l.award_id, l.budget_line_id, -l.amount)
                 else l.budget_line_id = e.budget_line_id and (l.award_id is null or l.award_id = e.award_id)
                      and (l.account = t.plus and (l.amount > 0 or e.type = 'BUDGET') or l.account = t.minus and (l.amount < 0 or e.type = 'BUDGET'))
            end) is not true
    union all
    select 'a budget entry that nobody approved', count(*) from journal_entry e
     where e.type = 'BUDGET'
       and not exists (select from budget_line b where b.id = e.budget_line_id and b.drafted_by = e.maker_id and b.approved_by = e.checker_id)
       and not exists (select from budget_adjustment j where j.budget_line_id = e.budget_line_id and j.status = 'booked'
                          and j.proposed_by = e.maker_id and j.decided_by = e.checker_id and j.document_no = e.document_no)
    union all
    select 'a budget line whose cap is not what was booked', count(*)
      from budget_line b left join balance x on x.budget_line_id = b.id and x.account = 'SOURCE'
     where b.status <> 'draft' and b.cap <> -coalesce(x.amount, 0)
)
select what, how_often from fault where how_often > 0
