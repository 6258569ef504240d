-- :many
-- who reaches everything reads it in its order; the others start from what they reach
select a.number as _key, a.id as _id, a.id, a.number, a.kind, a.fiscal_year, a.amount, m.committed, m.disbursed, m.acquitted, m.refunded, m.outstanding,
       n.id as "alliance.id", n.number as "alliance.number", n.name as "alliance.name",
       o.id as "payee.id", coalesce(a.payee_name, o.name) as "payee.name", coalesce(a.payee_credit_code, o.credit_code) as "payee.credit_code",
       a.budget_line_id, a.fund_document_no as document_no, d.document_no as recognition_document_no, a.approved_on,
       a.status, a.version, a.created_at, a.updated_at
from (select x.* from (
            (select x.* from award x where (select exists (select from live_grant g where g.account_id = $1::uuid and g.role in ('officer', 'leader', 'finance', 'auditor'))) order by x.number desc, x.id desc)
            union all
            (select x.* from award x where not (select exists (select from live_grant g where g.account_id = $1::uuid and g.role in ('officer', 'leader', 'finance', 'auditor')))
             and x.id = any (array(select r.id from award_reach r where r.account_id = $1::uuid)) order by x.number desc, x.id desc)) x
         where (x.number, x.id) < (coalesce($2, 'ZZZ'), coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
           and ($5::text is null or x.status = any (string_to_array($5, ',')))
           and ($6::integer is null or x.fiscal_year = $6::integer)
           and ($7::uuid is null or x.alliance_id = $7::uuid)
           and ($8::uuid is null or x.payee_organisation_id = $8::uuid)
         order by x.number desc, x.id desc
         limit $4::integer) a
join award_money m on m.award_id = a.id
join alliance n on n.id = a.alliance_id
join organisation o on o.id = a.payee_organisation_id
join document d on d.id = a.document_id
order by a.number desc, a.id desc
