-- :many :slow :generic
-- an alliance's or a host's records, and those of who does not reach all, are found by their awards
select f.entry_no::text as _key, f.id as _id, f.id, f.entry_no, f.kind, f.booked_on, f.fiscal_year, f.amount,
       f.award_id as "award.id", f.award_number as "award.number", f.award_kind as "award.kind", f.award_status as "award.status",
       f.alliance_id as "alliance.id", f.alliance_number as "alliance.number", f.alliance_name as "alliance.name",
       f.payee_id as "payee.id", f.payee_name as "payee.name", f.payee_credit_code as "payee.credit_code",
       f.document_no, f.payment_number, case when exists (select from money_everywhere e where e.account_id = $1::uuid) then f.bank_reference
            else '****' || right(f.bank_reference, 4) end as bank_reference,
       f.maker, f.checker, f.reverses, f.reason
from ((select x.* from funding_record x
       where $5::integer is null and $6::text is null and $7::text is null and $8::text is null and $9::text is null and $10::text is null and $11::text is null and $12::numeric is null and $13::numeric is null and $14::date is null and $15::date is null
         and (select exists (select from money_everywhere e where e.account_id = $1::uuid)) and x.entry_no > coalesce($2::bigint, 0)
       order by x.entry_no limit $4::integer)
      union all
      (select x.* from funding_record x
       where not ($5::integer is null and $6::text is null and $7::text is null and $8::text is null and $9::text is null and $10::text is null and $11::text is null and $12::numeric is null and $13::numeric is null and $14::date is null and $15::date is null)
         and $9::text is null and $10::text is null and (select exists (select from money_everywhere e where e.account_id = $1::uuid)) and x.entry_no > coalesce($2::bigint, 0)
       order by x.entry_no)
      union all
      (select x.* from funding_record x
       where not ($9::text is null and $10::text is null and (select exists (select from money_everywhere e where e.account_id = $1::uuid)))
         and x.award_id = any (array(
             select w.id from award w join alliance n on n.id = w.alliance_id where n.number = $10
             union all
             select w.id from award w where w.alliance_id = uuid_or_null($10)
             union all
             select w.id from award w where $10::text is null and w.payee_organisation_id = uuid_or_null($9)
             union all
             select w.id from award w where $10::text is null and w.payee_credit_code = $9::bpchar
             union all
             select r.id from award_reach r where $10::text is null and $9::text is null and r.account_id = $1::uuid)) order by x.entry_no)) f
where (exists (select from money_everywhere e where e.account_id = $1::uuid)
       or exists (select from award_reach a where a.id = f.award_id and a.account_id = $1::uuid))
  and ($5::integer is null or f.fiscal_year = $5::integer)
  and ($6::text is null or f.kind = any (string_to_array($6, ',')))
  and ($7::text is null or $7 in (f.recommender_code, f.recommender_division_code, f.division_code))
  and ($8::text is null or f.industry_field = $8)
  and ($9::text is null or $9 in (f.payee_id::text, f.payee_credit_code))
  and ($10::text is null or $10 in (f.alliance_id::text, f.alliance_number))
  and ($11::text is null or f.award_status = any (string_to_array($11, ',')))
  and ($12::numeric is null or f.amount >= $12::numeric * 100)
  and ($13::numeric is null or f.amount <= $13::numeric * 100)
  and ($14::date is null or f.booked_on >= $14::date)
  and ($15::date is null or f.booked_on < $15::date)
  and f.entry_no > coalesce($2::bigint, 0)
  and ($3::uuid is null or true)
order by f.entry_no
limit $4::integer
