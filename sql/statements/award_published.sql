-- :many
select to_char(p.issued_on, 'YYYY-MM-DD') as _key, p.id as _id, p.number, p.kind, n.number as "alliance.number", n.name as "alliance.name",
       p.amount, p.document_no, p.issued_on
from (select a.id, a.number, a.kind, a.alliance_id, a.amount, d.document_no, d.issued_on
      from document d
      join award a on a.fund_document_no = d.document_no and a.status in ('committed', 'disbursing', 'disbursed')
      where d.type = 'fund_allocation' and d.status = 'issued'
        and ($1::text is null or true)
        and (d.issued_on, a.id) < (coalesce($2::date, 'infinity'), coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
        and ($5::integer is null or d.issuing_year = $5::integer)
      order by d.issued_on desc, a.id desc
      limit $4::integer) p
join alliance n on n.id = p.alliance_id
order by p.issued_on desc, p.id desc
