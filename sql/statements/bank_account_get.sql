-- :optional
select b.id, b.organisation_id, b.bank, b.account_last4, p.name as proposed_by, c.name as confirmed_by, b.confirmed_at, b.status, b.version,
       b.created_at, b.updated_at
from bank_account b
join account p on p.id = b.proposed_by
left join account c on c.id = b.confirmed_by
where b.id = $1::uuid
