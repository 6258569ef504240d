-- :exec
with copied as (
    insert into alliance_agreement (alliance_id, version, application_id, revision, snapshot_sha256, content, in_force_from)
    select a.alliance_id, 1, a.id, v.revision, v.snapshot_sha256, coalesce(v.form -> 'agreement', '{}'), $2::date
      from application a join application_revision v on v.application_id = a.id and v.revision = a.revision
     where a.id = $1::uuid
    returning alliance_id, version),
member as (
    select c.alliance_id, c.version, i.item
      from copied c, application a
      join application_revision v on v.application_id = a.id and v.revision = a.revision
      cross join lateral jsonb_array_elements(v.form -> 'members') i (item)
     where a.id = $1::uuid),
signed as (
    insert into alliance_signature (alliance_id, version, credit_code, signer, capacity, signed_on, sealed)
    select m.alliance_id, m.version, m.item ->> 'credit_code', m.item -> 'signature' ->> 'signer', m.item -> 'signature' ->> 'capacity',
           (m.item -> 'signature' ->> 'signed_on')::date, (m.item -> 'signature' ->> 'sealed')::boolean
      from member m where jsonb_typeof(m.item -> 'signature') = 'object')
insert into alliance_task (alliance_id, version, credit_code, position, text, task, work)
select m.alliance_id, m.version, m.item ->> 'credit_code', t.position, t.task ->> 'text', t.task ->> 'task', t.task ->> 'work'
  from member m cross join lateral jsonb_array_elements(coalesce(m.item -> 'tasks', '[]')) with ordinality t (task, position)
