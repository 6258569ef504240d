-- :many :slow
select a.id::text as _key, a.id as _id, a.id, a.name, a.kind, a.email, a.issuer, a.subject, a.disabled_at is not null as disabled, a.disabled_at, a.is_demo, a.version,
       a.created_at, a.updated_at,
       coalesce((
           select json_agg(json_strip_nulls(json_build_object(
                      'id', g.id, 'role', g.role, 'organisation_id', g.organisation_id, 'recommender_id', g.recommender_id,
                      'expert_id', g.expert_id, 'reach_name', coalesce(o.name, r.name), 'granted_at', instant_json(g.granted_at)))
                      order by g.granted_at, g.id)
             from account_grant g
             left join organisation o on o.id = g.organisation_id
             left join recommender r on r.id = g.recommender_id
            where g.account_id = a.id and g.revoked_at is null), '[]') as grants
  from account a
 where $1::uuid is not null
   and ($2::text is null or a.id < $3::uuid)
   and ($5::text is null or exists (select from account_grant g where g.account_id = a.id and g.role = $5 and g.revoked_at is null))
   and ($6::text is null or (text_pairs(lower(a.name)) @> text_pairs(lower($6)) and position(lower($6) in lower(a.name)) > 0))
 order by a.id desc
 limit $4::integer
