-- :many
-- who reaches everything reads it in its order; the others start from what they reach
select p.number as _key, p.id as _id, p.id, p.number, p.amount, a.id as "award.id", a.number as "award.number",
       o.id as "payee.id", coalesce(a.payee_name, o.name) as "payee.name", coalesce(a.payee_credit_code, o.credit_code) as "payee.credit_code",
       k.bank as "bank_account.bank", k.account_last4 as "bank_account.account_last4",
       case when exists (select from money_everywhere e where e.account_id = $1::uuid) then p.bank_reference
            else '****' || right(p.bank_reference, 4) end as bank_reference,
       p.paid_on, p.replaces_id, mk.name as maker, cf.name as confirmer, bk.name as booker, rv.name as reverser,
       p.status, p.version, p.created_at, p.updated_at
from (select x.* from (
            (select x.* from payment x where (select exists (select from live_grant g where g.account_id = $1::uuid and g.role in ('officer', 'leader', 'finance', 'auditor'))) order by x.number desc, x.id desc)
            union all
            (select x.* from payment x where not (select exists (select from live_grant g where g.account_id = $1::uuid and g.role in ('officer', 'leader', 'finance', 'auditor')))
             and x.id = any (array(select r.id from payment_reach r where r.account_id = $1::uuid)) order by x.number desc, x.id desc)) x
         where (x.number, x.id) < (coalesce($2, 'ZZZ'), coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
           and ($5::uuid is null or x.award_id = $5::uuid)
           and ($6::text is null or x.status = any (string_to_array($6, ',')))
         order by x.number desc, x.id desc
         limit $4::integer) p
join award a on a.id = p.award_id
join organisation o on o.id = a.payee_organisation_id
left join bank_account k on k.id = p.bank_account_id
join account mk on mk.id = p.maker_id
left join account cf on cf.id = p.confirmer_id
left join account bk on bk.id = p.booker_id
left join account rv on rv.id = p.reverser_id
order by p.number desc, p.id desc
