-- :optional
select p.id, p.status, p.version, p.award_id, p.amount, p.maker_id, p.confirmer_id, p.booker_id, p.replaces_id is not null as is_replacement,
       exists (select from journal_entry e join journal_entry r on r.reverses_id = e.id where e.payment_id = p.id and e.type = 'DISBURSE') as is_reversed,
       w.approved_on as award_approved_on,
       coalesce((select k.status = 'confirmed' from bank_account k where k.id = p.bank_account_id), false) as account_is_confirmed,
       exists (select from payment o where o.bank_reference = $3 and o.id <> p.id) as reference_is_taken,
       (select string_agg(r.role, ',') from payment_reach r where r.id = p.id and r.account_id = $1::uuid) as reach
from payment p join award w on w.id = p.award_id where p.id = $2::uuid
