-- :many
select s.fiscal_year::text as _key, s.id as _id, s.id, s.kind, s.fiscal_year, s.amount, s.document_no, p.name as proposed_by,
       c.name as confirmed_by, s.confirmed_at, s.status, s.version, s.created_at, s.updated_at
from award_scheme s
join account p on p.id = s.proposed_by
left join account c on c.id = s.confirmed_by
where ($1::uuid is not null)
  and ($2::integer is null or (s.fiscal_year, s.id) < ($2::integer, $3::uuid))
  and ($5::integer is null or s.fiscal_year = $5::integer)
  and ($6::text is null or s.status = $6)
order by s.fiscal_year desc, s.id desc
limit $4::integer
