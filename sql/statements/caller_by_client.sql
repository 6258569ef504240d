-- :optional
select a.id as account_id, a.name, a.disabled_at is not null as disabled, coalesce((
    select json_agg(json_build_object('role', g.role, 'organisation_id', g.organisation_id, 'recommender_id', g.recommender_id,
                                      'expert_id', g.expert_id) order by g.granted_at, g.id)
      from account_grant g where g.account_id = a.id and g.revoked_at is null), '[]') as grants,
       c.id as credential_id, c.scopes, starts_with(c.prefix, 'wna_test_') as is_test, c.revoked_at is not null as revoked,
       (extract(epoch from greatest(least(c.expires_at, '9999-12-31 00:00+00'), 'epoch')) * 1000000)::bigint as expires, (extract(epoch from c.last_used_at) * 1000000)::bigint as used
  from credential c join account a on a.id = c.account_id
 where c.client_id = $1 and c.kind = 'oauth_client'
