-- :many
select to_char(d.issued_on, 'YYYY-MM-DD') as _key, a.id as _id, a.number, a.kind, n.number as "alliance.number", n.name as "alliance.name",
       a.amount, d.document_no, d.issued_on
from award a
join alliance n on n.id = a.alliance_id
join document d on d.document_no = a.fund_document_no and d.type = 'fund_allocation' and d.status = 'issued'
where a.status in ('committed', 'disbursing', 'disbursed')
  and ($1::text is null or true)
  and ($2::date is null or (d.issued_on, a.id) < ($2::date, $3::uuid))
  and ($5::integer is null or extract(year from d.issued_on) = $5::integer)
order by d.issued_on desc, a.id desc
limit $4::integer
