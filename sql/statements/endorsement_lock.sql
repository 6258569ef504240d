-- :optional
select e.id, e.application_id, e.recommender_id, e.revision, e.status, e.version, e.requested_on, e.due_on, e.overdue,
       (select string_agg(r.role, ',') from endorsement_reach r where r.account_id = $2::uuid and r.id = e.id) as reach
  from endorsement e
 where e.id = $1::uuid
   for update of e
