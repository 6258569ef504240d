-- :many
select v.name, v.employer_name, v.reason
  from avoided_expert v
 where v.application_id = $1::uuid
 order by v.position
