-- :many
select d.id, d.document_no, d.title, d.type, d.issued_on,
       (select coalesce(json_agg(json_build_object('alliance_id', l.id, 'number', l.number, 'name', l.name) order by l.number), '[]')
          from alliance l where l.recognition_document_id = d.id and l.is_public) as subjects,
       d.issued_on::text as _key, d.id as _id, $1::uuid as _caller
  from document d
 where d.status = 'issued'
   and ($2::text is null or (d.issued_on, d.id) < ($2::date, $3::uuid))
   and ($5::text is null or d.type = any (string_to_array($5, ',')))
   and ($6::date is null or d.issued_on >= $6::date)
   and ($7::date is null or d.issued_on < $7::date)
   and ($8::text is null or d.document_no = $8)
 order by d.issued_on desc, d.id desc
 limit $4::integer
