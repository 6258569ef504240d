-- :one
update panel p
   set chair_expert_id = $2::uuid, revision = a.revision, material_sha256 = v.snapshot_sha256, parameters = $3::jsonb,
       weights = array(select w::integer from json_array_elements_text($4::json) w), constituted_on = $5::date
  from application a
  join application_revision v on v.application_id = a.id and v.revision = a.revision
 where p.id = $1::uuid
   and a.id = p.application_id
returning p.material_sha256
