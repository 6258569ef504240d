-- :many
select a.number as _key, a.id as _id, a.id, a.number, a.kind, a.fiscal_year, a.amount, m.committed, m.disbursed, m.acquitted, m.refunded, m.outstanding,
       n.id as "alliance.id", n.number as "alliance.number", n.name as "alliance.name",
       o.id as "payee.id", coalesce(a.payee_name, o.name) as "payee.name", coalesce(a.payee_credit_code, o.credit_code) as "payee.credit_code",
       a.budget_line_id, a.fund_document_no as document_no, d.document_no as recognition_document_no, a.approved_on,
       a.status, a.version, a.created_at, a.updated_at
from award a
join award_money m on m.award_id = a.id
join alliance n on n.id = a.alliance_id
join organisation o on o.id = a.payee_organisation_id
join document d on d.id = a.document_id
where exists (select from award_reach r where r.id = a.id and r.account_id = $1::uuid)
  and ($2::text is null or (a.number, a.id) < ($2, $3::uuid))
  and ($5::text is null or a.status = any (string_to_array($5, ',')))
  and ($6::integer is null or a.fiscal_year = $6::integer)
  and ($7::uuid is null or a.alliance_id = $7::uuid)
  and ($8::uuid is null or a.payee_organisation_id = $8::uuid)
order by a.number desc, a.id desc
limit $4::integer
