-- :many
select a.id, a.number, a.name, a.industry_field, a.industry_class, a.division_code, v.name as division_name, lead.name as "lead.name",
       u.name as "recommender.name", a.status, alliance_is_qualified(a.status, t.due_on, t.submit_deadline_on, $14::date) as qualified,
       a.recognised_on, t.due_on, d.document_no, a.version, a.recognised_on::text as _key, a.id as _id
  from alliance a
  left join lateral (select r.due_on, r.submit_deadline_on, r.calendar_assumed
                       from recognition_term r where r.alliance_id = a.id order by r.seq desc limit 1) t on true
  join organisation lead on lead.id = a.lead_organisation_id
  left join recommender u on u.id = a.recommender_id
  left join division v on v.code = a.division_code
  left join document d on d.id = a.recognition_document_id
 where a.is_public
   and ($2::text is null or (a.recognised_on, a.id) < ($2::date, $3::uuid))
   and ($5::text is null or a.status = any (string_to_array($5, ',')))
   and ($6::text is null or a.industry_field = any (string_to_array($6, ',')))
   and ($7::text is null or a.industry_class = any (string_to_array($7, ',')))
   and ($8::text is null or a.division_code = any (string_to_array($8, ',')))
   and ($9::uuid is null or a.recommender_id = $9::uuid)
   and ($10::text is null or (text_pairs(a.name_key) @> text_pairs($10) and position($10 in a.name_key) > 0))
   and ($11::date is null or a.recognised_on >= $11::date)
   and ($12::date is null or a.recognised_on < $12::date)
   and ($13::boolean is not true or exists (select from alliance_reach r where r.account_id = $1::uuid and r.id = a.id))
 order by a.recognised_on desc, a.id desc
 limit $4::integer
