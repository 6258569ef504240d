-- What a booked movement is called has one home, for the view and for statements that read the journal itself.

create function funding_kind(text) returns text language sql immutable parallel safe as $$
    select case $1 when 'COMMIT' then 'commitment' when 'DECOMMIT' then 'decommitment' when 'DISBURSE' then 'disbursement'
                   when 'ACQUIT' then 'acquittal' else lower($1) end
$$;
comment on function funding_kind is 'The kind of a funding record, by the type of its journal entry';

create or replace view funding_record as
select e.id, e.entry_no, funding_kind(e.type) as kind, funding_kind(o.type) as reversed_kind,
       e.booked_on, b.fiscal_year, l.amount, e.document_no, e.reason, o.entry_no as reverses,
       e.award_id, w.number as award_number, w.kind as award_kind, w.status as award_status,
       w.alliance_id, n.number as alliance_number, n.name as alliance_name, n.industry_field, n.division_code,
       r.code as recommender_code, r.division_code as recommender_division_code,
       w.payee_organisation_id as payee_id, e.payee_name, e.payee_credit_code,
       p.number as payment_number, p.bank_reference, m.name as maker, c.name as checker
  from journal_entry e
  join journal_line l on l.entry_id = e.id and l.position = 1
  join budget_line b on b.id = e.budget_line_id
  join account m on m.id = e.maker_id
  left join account c on c.id = e.checker_id
  left join journal_entry o on o.id = e.reverses_id
  left join payment p on p.id = e.payment_id
  left join award w on w.id = e.award_id
  left join alliance n on n.id = w.alliance_id
  left join recommender r on r.id = n.recommender_id;
