-- :many
-- alliance_page in one industry field, by its index
select a.id, a.number, a.name, a.industry_field, a.industry_class, a.division_code, v.name as division_name,
       o.name as "lead.name", u.name as "recommender.name",
       a.status, alliance_is_qualified(a.status, t.due_on, t.submit_deadline_on, $5::date) as qualified,
       a.recognised_on, t.due_on, d.document_no, a.version, a.recognised_on::text as _key, a.id as _id
  from (select y.* from (select x.* from alliance x
         where x.is_public
           and (x.recognised_on, x.id) < (coalesce($2::date, 'infinity'), coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
           and ($1::uuid is null or true)
           and ($6::text is null or x.status = any ((select string_to_array($6, ','))::text[]))
           and x.industry_field = $7
         order by x.recognised_on desc, x.id desc
         limit 201) y
         limit $4::integer) a
  left join division v on v.code = a.division_code
  left join organisation o on o.id = a.lead_organisation_id
  left join recommender u on u.id = a.recommender_id
  left join document d on d.id = a.recognition_document_id
  left join lateral (select r.due_on, r.submit_deadline_on from recognition_term r where r.alliance_id = a.id order by r.seq desc limit 1) t on true
 order by a.recognised_on desc, a.id desc
