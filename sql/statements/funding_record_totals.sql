-- :one :slow :generic
-- an alliance's or a host's records, and those of who does not reach all, are found by their awards
select json_build_object('records', count(*),
    'budget', money_json(coalesce(sum(f.amount) filter (where f.kind = 'budget'), 0)::bigint),
    'commitment', money_json(coalesce(sum(f.amount) filter (where f.kind = 'commitment'), 0)::bigint),
    'decommitment', money_json(coalesce(sum(f.amount) filter (where f.kind = 'decommitment'), 0)::bigint),
    'disbursement', money_json(coalesce(sum(f.amount) filter (where f.kind = 'disbursement'), 0)::bigint),
    'acquittal', money_json(coalesce(sum(f.amount) filter (where f.kind = 'acquittal'), 0)::bigint),
    'reversal', money_json(coalesce(sum(f.amount) filter (where f.kind = 'reversal'), 0)::bigint),
    'committed', money_json((coalesce(sum(f.amount) filter (where 'commitment' in (f.kind, f.reversed_kind)), 0) - coalesce(sum(f.amount) filter (where 'decommitment' in (f.kind, f.reversed_kind)), 0))::bigint),
    'disbursed', money_json((coalesce(sum(f.amount) filter (where 'disbursement' in (f.kind, f.reversed_kind)), 0))::bigint),
    'acquitted', money_json((coalesce(sum(f.amount) filter (where 'acquittal' in (f.kind, f.reversed_kind)), 0))::bigint),
    'refunded', money_json((coalesce(sum(f.amount) filter (where 'refund_received' in (f.kind, f.reversed_kind)), 0))::bigint))::text as totals
from (select x.* from funding_record x
       where $6::text is null and $7::text is null and (select exists (select from money_everywhere e where e.account_id = $1::uuid))
      union all
      select x.* from funding_record x
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
             select r.id from award_reach r where $7::text is null and $6::text is null and r.account_id = $1::uuid))) f
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
