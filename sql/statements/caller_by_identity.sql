-- :optional
select a.id as account_id, a.name, a.disabled_at is not null as disabled, coalesce((
    select json_agg(json_build_object('role', g.role, 'organisation_id', g.organisation_id, 'recommender_id', g.recommender_id,
                                      'expert_id', g.expert_id) order by g.granted_at, g.id)
      from account_grant g where g.account_id = a.id and g.revoked_at is null), '[]') as grants,
       null::uuid as credential_id, null::text as scopes, false as revoked, false as is_test, null::bigint as expires, null::bigint as used
  from account a
 where a.issuer = $1 and a.subject = $2
