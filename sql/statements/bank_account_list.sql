-- :many
select instant_json(b.created_at) as _key, b.id as _id, b.id, b.organisation_id, b.bank, b.account_last4, p.name as proposed_by,
       c.name as confirmed_by, b.confirmed_at, b.status, b.version, b.created_at, b.updated_at
from bank_account b
join account p on p.id = b.proposed_by
left join account c on c.id = b.confirmed_by
where b.organisation_id = $5::uuid
  and exists (select from bank_account_reach r where r.id = b.id and r.account_id = $1::uuid)
  and ($2::text is null or b.id < $3::uuid)
order by b.id desc
limit $4::integer
