-- :many
select v.name, v.employer_name, v.reason
  from avoided_expert v
 where v.application_id = $1::uuid
   and v.withdrawn_at is null
 order by v.position
