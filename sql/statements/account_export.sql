-- :many
select a.id, a.name, a.kind, a.email, a.issuer, a.subject, a.disabled_at is not null as disabled, a.disabled_at, a.is_demo, a.version,
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
       , coalesce((
           select json_agg(json_strip_nulls(json_build_object(
                      'id', c.id, 'kind', c.kind, 'name', c.name, 'client_id', c.client_id, 'prefix', c.prefix, 'scopes', c.scopes,
                      'expires_at', instant_json(c.expires_at), 'revoked_at', instant_json(c.revoked_at),
                      'last_used_at', instant_json(c.last_used_at), 'created_at', instant_json(c.created_at)))
                      order by c.created_at, c.id)
             from credential c where c.account_id = a.id), '[]') as credentials
  from account a
 order by a.id
