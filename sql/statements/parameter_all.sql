-- :many
select p.key, p.value, p.valid_from, p.valid_to, s.parameters as stamp
  from policy_stamp s cross join parameter p
 order by p.key, p.valid_from
