-- :copy
-- of who reaches all money; nobody else exports. Its parameters are constants when it is planned: a condition on one that is null is gone then.
-- The last one says that its first rows are to come at once. The bound that is no bound is one that the planner cannot know: it plans for a tenth of the rows then,
-- in the order of their numbers, where it would else gather and sort all of them before the first.
select f.entry_no, f.id, f.kind, f.booked_on, f.fiscal_year, money_text(f.amount) as amount, 'CNY' as currency,
       f.award_number, f.award_kind, f.award_status, f.alliance_number, export_text(f.alliance_name) as alliance_name,
       export_text(f.payee_name) as payee_name, f.payee_credit_code, export_text(f.document_no) as document_no, f.payment_number,
       export_text(f.bank_reference) as bank_reference,
       export_text(f.maker) as maker, export_text(f.checker) as checker, f.reverses, export_text(f.reason) as reason
from (select x.* from funding_record x
      where ($6::text is null and $7::text is null
             or x.award_id = any (array(
                 select w.id from award w join alliance n on n.id = w.alliance_id where n.number = $7
                 union all
                 select w.id from award w where w.alliance_id = uuid_or_null($7)
                 union all
                 select w.id from award w where $7::text is null and w.payee_organisation_id = uuid_or_null($6)
                 union all
                 select w.id from award w where $7::text is null and w.payee_credit_code = $6::bpchar)))
        and ($2::integer is null or x.fiscal_year = $2::integer)
        and ($3::text is null or x.kind = any (string_to_array($3, ',')))
        and ($4::text is null or $4 in (x.recommender_code, x.recommender_division_code, x.division_code))
        and ($5::text is null or x.industry_field = $5)
        and ($6::text is null or $6 in (x.payee_id::text, x.payee_credit_code))
        and ($7::text is null or $7 in (x.alliance_id::text, x.alliance_number))
        and ($8::text is null or x.award_status = any (string_to_array($8, ',')))
        and ($9::numeric is null or x.amount >= $9::numeric * 100)
        and ($10::numeric is null or x.amount <= $10::numeric * 100)
        and ($11::date is null or x.booked_on >= $11::date)
        and ($12::date is null or x.booked_on < $12::date)
      order by x.entry_no
      limit case when $13::boolean then (select null::bigint) end) f
where exists (select from money_everywhere e where e.account_id = $1::uuid)
order by f.entry_no
