-- :exec
update endorsement e
   set opinion = $2, opinion_text = $3, signer = $4, post = $5, signed_on = $6::date, checklist = $7::jsonb, signed_by = $8::uuid, updated_at = $9::timestamptz,
       basis = case u.kind when 'county' then 'regional_upgrading' else 'industry_innovation' end,
       attachment_id = (select t.id from attachment t where t.subject_kind = 'application' and t.subject_id = e.application_id
           and t.kind = 'recommender_opinion' and t.complete_at >= e.created_at
           and not exists (select from endorsement o where o.attachment_id = t.id and o.id <> e.id) order by t.complete_at desc, t.id desc limit 1)
  from recommender u
 where e.id = $1::uuid and e.status = 'requested' and u.id = e.recommender_id
