-- :optional
select p.document_no, p.title, p.issuer, p.issued_on, p.valid_from, p.valid_to, to_json(p.legal_basis) as legal_basis, $1::date as as_of,
       (select json_agg(json_build_object('id', r.id, 'chapter', r.chapter, 'text', r.text) order by r.position)
          from policy_article r where r.policy_id = p.id) as articles,
       (select coalesce(json_agg(json_strip_nulls(json_build_object('key', m.key, 'value', m.value, 'name', m.name, 'article', m.article,
                'basis', m.basis, 'valid_from', m.valid_from, 'document_no', m.document_no)) order by m.key), '[]')
          from parameter m
         where m.valid_from <= $1::date and (m.valid_to is null or m.valid_to >= $1::date)) as parameters
  from policy_version p
 where p.valid_from <= $1::date and (p.valid_to is null or p.valid_to >= $1::date)
