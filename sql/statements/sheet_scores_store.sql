-- :exec
update sheet
   set scores = coalesce($2::jsonb, '{}'), comments = coalesce($3::jsonb, '{}'), answers = coalesce($4::jsonb, '{}'), vote = $5,
       policy_compliant = $6::boolean, autosaved_at = $7::timestamptz
 where id = $1::uuid
