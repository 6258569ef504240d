-- :optional
select a.id, a.status, a.version,
       (select string_agg(r.role, ',') from application_reach r where r.account_id = $2::uuid and r.id = a.id) as reach
  from application a
 where a.id = $1::uuid
