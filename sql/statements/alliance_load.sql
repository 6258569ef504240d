-- :optional
select a.id, a.status, a.version, a.is_public,
       (select string_agg(r.role, ',') from alliance_reach r where r.account_id = $2::uuid and r.id = a.id) as reach,
       t.due_on, t.submit_deadline_on
  from alliance a
  left join lateral (select r.due_on, r.submit_deadline_on from recognition_term r where r.alliance_id = a.id order by r.seq desc limit 1) t on true
 where a.id = $1::uuid
