-- :many :merge
-- funding_record_page and, in its first row, funding_record_totals of one alliance, for who reaches all money; the names are looked up for the
-- page alone. No row: those two know why.
with found as materialized (
     select e.id, e.entry_no, funding_kind(e.type) as kind, funding_kind(o.type) as reversed_kind, e.booked_on, e.budget_line_id, l.amount,
            e.award_id, e.payee_name, e.payee_credit_code, e.payment_id, e.document_no, e.maker_id, e.checker_id, o.entry_no as reverses, e.reason
       from journal_entry e
       join journal_line l on l.entry_id = e.id and l.position = 1
       left join journal_entry o on o.id = e.reverses_id
      where (select exists (select from money_everywhere m where m.account_id = $1::uuid))
        and e.award_id = any (array(
            select w.id from award w
             where w.alliance_id = coalesce((select n.id from alliance n where n.number = $5),
                                            (select n.id from alliance n where n.id = uuid_or_null($5) and n.id::text = $5)))))
select f.entry_no::text as _key, f.id as _id, f.id, f.entry_no, f.kind, f.booked_on, b.fiscal_year, f.amount,
       f.award_id as "award.id", w.number as "award.number", w.kind as "award.kind", w.status as "award.status",
       w.alliance_id as "alliance.id", n.number as "alliance.number", n.name as "alliance.name",
       w.payee_organisation_id as "payee.id", f.payee_name as "payee.name", f.payee_credit_code as "payee.credit_code",
       f.document_no, p.number as payment_number, p.bank_reference, m.name as maker, c.name as checker, f.reverses, f.reason,
       case when f.first then (select json_build_object('records', count(*),
    'budget', money_json(coalesce(sum(f.amount) filter (where f.kind = 'budget'), 0)::bigint),
    'commitment', money_json(coalesce(sum(f.amount) filter (where f.kind = 'commitment'), 0)::bigint),
    'decommitment', money_json(coalesce(sum(f.amount) filter (where f.kind = 'decommitment'), 0)::bigint),
    'disbursement', money_json(coalesce(sum(f.amount) filter (where f.kind = 'disbursement'), 0)::bigint),
    'acquittal', money_json(coalesce(sum(f.amount) filter (where f.kind = 'acquittal'), 0)::bigint),
    'reversal', money_json(coalesce(sum(f.amount) filter (where f.kind = 'reversal'), 0)::bigint),
    'committed', money_json((coalesce(sum(f.amount) filter (where 'commitment' in (f.kind, f.reversed_kind)), 0) - coalesce(sum(f.amount) filter (where 'decommitment' in (f.kind, f.reversed_kind)), 0))::bigint),
    'disbursed', money_json((coalesce(sum(f.amount) filter (where 'disbursement' in (f.kind, f.reversed_kind)), 0))::bigint),
    'acquitted', money_json((coalesce(sum(f.amount) filter (where 'acquittal' in (f.kind, f.reversed_kind)), 0))::bigint),
    'refunded', money_json((coalesce(sum(f.amount) filter (where 'refund_received' in (f.kind, f.reversed_kind)), 0))::bigint))::text from found f) end as _totals
  from (select x.*, row_number() over (order by x.entry_no) = 1 as first from found x
         where x.entry_no > coalesce($2::bigint, 0) and ($3::uuid is null or true)
         order by x.entry_no
         limit $4::integer) f
  join budget_line b on b.id = f.budget_line_id
  join award w on w.id = f.award_id
  join alliance n on n.id = w.alliance_id
  join account m on m.id = f.maker_id
  left join account c on c.id = f.checker_id
  left join payment p on p.id = f.payment_id
 order by f.entry_no
