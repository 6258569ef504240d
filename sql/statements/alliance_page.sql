-- :many
select a.id, a.number, a.name, a.industry_field, a.industry_class, a.division_code,
       (select v.name from division v where v.code = a.division_code) as division_name,
       (select o.name from organisation o where o.id = a.lead_organisation_id) as "lead.name",
       (select u.name from recommender u where u.id = a.recommender_id) as "recommender.name",
       a.status, alliance_is_qualified(a.status, t.due_on, t.submit_deadline_on, $5::date) as qualified,
       a.recognised_on, t.due_on,
       (select d.document_no from document d where d.id = a.recognition_document_id) as document_no,
       a.version, a.recognised_on::text as _key, a.id as _id, $1::uuid as _caller
  from (select x.* from alliance x
         where x.is_public
           and (x.recognised_on, x.id) < (coalesce($2::date, 'infinity'), coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
         order by x.recognised_on desc, x.id desc
         limit $4::integer) a
  left join lateral (select r.due_on, r.submit_deadline_on from recognition_term r where r.alliance_id = a.id order by r.seq desc limit 1) t on true
 order by a.recognised_on desc, a.id desc
