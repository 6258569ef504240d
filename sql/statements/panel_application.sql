-- :optional
select a.id, a.status as application_status, a.kind as application_kind, a.round as application_round, a.snapshot_sha256,
       exists (select from panel o where o.application_id = a.id and o.round = a.round and o.status <> 'voided') as has_other_panel
  from application a
 where a.id = $1::uuid
