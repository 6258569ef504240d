-- :many
select s.id, s.scores, s.vote, s.policy_compliant
  from sheet s
 where s.panel_id = $1::uuid
   and s.status = 'submitted'
 order by s.id
