-- :many :slow
-- every filter, planned for its values; one field or division is compared as one: then its index gives the rows in their order
select a.id, a.number, a.name, a.industry_field, a.industry_class, a.division_code, v.name as division_name,
       (select o.name from organisation o where o.id = a.lead_organisation_id) as "lead.name",
       u.name as "recommender.name",
       a.status, alliance_is_qualified(a.status, t.due_on, t.submit_deadline_on, $5::date) as qualified,
       a.recognised_on, t.due_on,
       (select d.document_no from document d where d.id = a.recognition_document_id) as document_no, a.version, a.recognised_on::text as _key, a.id as _id
  from (select x.* from alliance x
         where x.is_public
           and (x.recognised_on, x.id) < (coalesce($2::date, 'infinity'), coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
           and ($6::text is null or x.status = any (string_to_array($6, ',')))
           and ($7::text is null or position(',' in $7) > 0 or x.industry_field = $7)
           and ($7::text is null or position(',' in $7) = 0 or x.industry_field = any (string_to_array($7, ',')))
           and ($8::text is null or position(',' in $8) > 0 or x.division_code = $8::bpchar)
           and ($8::text is null or position(',' in $8) = 0 or x.division_code = any (string_to_array($8, ',')::bpchar[]))
           and ($9::text is null or x.industry_class = any (string_to_array($9, ',')))
           and ($10::uuid is null or x.recommender_id = $10::uuid)
           and ($11::text is null or (text_pairs(x.name_key) @> text_pairs($11) and position($11 in x.name_key) > 0))
           and ($12::date is null or x.recognised_on >= $12::date)
           and ($13::date is null or x.recognised_on < $13::date)
           and ($14::boolean is not true or x.id in (select r.id from alliance_reach r where r.account_id = $1::uuid))
         order by x.recognised_on desc, x.id desc
         limit $4::integer) a
  left join division v on v.code = a.division_code
  left join recommender u on u.id = a.recommender_id
  left join lateral (select r.due_on, r.submit_deadline_on from recognition_term r where r.alliance_id = a.id order by r.seq desc limit 1) t on true
 order by a.recognised_on desc, a.id desc
