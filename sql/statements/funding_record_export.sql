-- :copy
-- an alliance's or a host's records, and those of who does not reach all, are found by their awards
select f.entry_no, f.id, f.kind, f.booked_on, f.fiscal_year, money_text(f.amount) as amount, 'CNY' as currency,
       f.award_number, f.award_kind, f.award_status, f.alliance_number, export_text(f.alliance_name) as alliance_name,
       export_text(f.payee_name) as payee_name, f.payee_credit_code, export_text(f.document_no) as document_no, f.payment_number,
       case when exists (select from money_everywhere e where e.account_id = $1::uuid) then export_text(f.bank_reference)
            else '****' || right(f.bank_reference, 4) end as bank_reference,
       export_text(f.maker) as maker, export_text(f.checker) as checker, f.reverses, export_text(f.reason) as reason
from ((select x.* from funding_record x
       where $6::text is null and $7::text is null and (select exists (select from money_everywhere e where e.account_id = $1::uuid))
       order by x.entry_no)
      union all
      (select x.* from funding_record x
       where not ($6::text is null and $7::text is null and (select exists (select from money_everywhere e where e.account_id = $1::uuid)))
         and x.award_id = any (array(
             select w.id from award w join alliance n on n.id = w.alliance_id where n.number = $7
             union all
             select w.id from award w where w.alliance_id = uuid_or_null($7)
             union all
             select w.id from award w where $7::text is null and w.payee_organisation_id = uuid_or_null($6)
             union all
             select w.id from award w where $7::text is null and w.payee_credit_code = $6::bpchar
             union all
             select r.id from award_reach r where $7::text is null and $6::text is null and r.account_id = $1::uuid)) order by x.entry_no)) f
where (exists (select from money_everywhere e where e.account_id = $1::uuid)
       or exists (select from award_reach a where a.id = f.award_id and a.account_id = $1::uuid))
  and ($2::integer is null or f.fiscal_year = $2::integer)
  and ($3::text is null or f.kind = any (string_to_array($3, ',')))
  and ($4::text is null or $4 in (f.recommender_code, f.recommender_division_code, f.division_code))
  and ($5::text is null or f.industry_field = $5)
  and ($6::text is null or $6 in (f.payee_id::text, f.payee_credit_code))
  and ($7::text is null or $7 in (f.alliance_id::text, f.alliance_number))
  and ($8::text is null or f.award_status = any (string_to_array($8, ',')))
  and ($9::numeric is null or f.amount >= $9::numeric * 100)
  and ($10::numeric is null or f.amount <= $10::numeric * 100)
  and ($11::date is null or f.booked_on >= $11::date)
  and ($12::date is null or f.booked_on < $12::date)
order by f.entry_no
