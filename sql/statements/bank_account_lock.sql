-- :optional
select b.id, b.status, b.version, b.proposed_by,
       (select string_agg(r.role, ',') from bank_account_reach r where r.id = b.id and r.account_id = $1::uuid) as reach
from bank_account b
where b.id = $2::uuid and b.organisation_id = $3::uuid
for update of b
