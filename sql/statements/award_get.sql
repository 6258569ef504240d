-- :optional
select a.id, a.number, a.kind, a.fiscal_year, a.amount, m.committed, m.disbursed, m.acquitted, m.refunded, m.outstanding,
       n.id as "alliance.id", n.number as "alliance.number", n.name as "alliance.name",
       o.id as "payee.id", coalesce(a.payee_name, o.name) as "payee.name", coalesce(a.payee_credit_code, o.credit_code) as "payee.credit_code",
       a.budget_line_id, a.fund_document_no as document_no, d.document_no as recognition_document_no, a.approved_on,
       a.status, a.version, a.created_at, a.updated_at,
       p.name as proposed_by, c.name as approved_by,
       (select h.reason from award_hold h where h.award_id = a.id and h.released_at is null order by h.placed_at limit 1) as hold
from award a
join award_money m on m.award_id = a.id
join alliance n on n.id = a.alliance_id
join organisation o on o.id = a.payee_organisation_id
join document d on d.id = a.document_id
join account p on p.id = a.proposed_by
left join account c on c.id = a.approved_by
where a.id = $1::uuid
