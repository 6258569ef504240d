-- :optional
select n.id as alliance_id, n.application_id, n.recognition_document_id as document_id, n.host_organisation_id,
       n.status = 'recognised' and d.status = 'issued' as is_recognised, extract(year from d.issued_on)::integer as fiscal_year,
       s.id as scheme_id, s.amount,
       exists (select from award w where w.application_id = n.application_id and w.kind = 'recognition' and w.status <> 'cancelled') as award_exists
from alliance n
left join document d on d.id = n.recognition_document_id
left join award_scheme s on s.kind = 'recognition' and s.status = 'confirmed' and s.fiscal_year = extract(year from d.issued_on)
where n.id = $1::uuid
