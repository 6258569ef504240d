-- :optional
select a.id, a.version, a.name, a.email, a.disabled_at is not null as disabled, (
           select string_agg(distinct g.role, ',') from account_grant g where g.account_id = a.id and g.revoked_at is null) as roles
  from account a
 where a.id = $1::uuid
   for update of a
