-- :optional
select a.id, a.status, a.version, a.is_public,
       (select string_agg(r.role, ',') from alliance_reach r where r.account_id = $2::uuid and r.id = a.id) as reach
  from alliance a
 where a.id = $1::uuid
