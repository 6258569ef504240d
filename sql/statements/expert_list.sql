-- :many :slow
-- who reaches everything is asked once, not of each expert
select e.id, e.name, e.employer_name, e.employer_credit_code, e.title_rank, e.title, to_json(e.fields) as fields, e.kind, e.consent_on,
       e.integrity_record, e.nominated_by_alliance_id, e.valid_until, e.status, e.version, e.created_at, e.updated_at,
       e.created_at::text as _key, e.id as _id
  from expert e
 where ((select exists (select from live_grant g where g.account_id = $1::uuid and g.role in ('officer', 'leader', 'auditor')))
        or e.id in (select g.expert_id from live_grant g where g.account_id = $1::uuid and g.expert_id is not null))
   and (e.created_at, e.id) < (coalesce($2::timestamptz, 'infinity'), coalesce($3::uuid, 'ffffffff-ffff-ffff-ffff-ffffffffffff'))
   and ($5::text is null or $5 = any (e.fields))
   and ($6::text is null or e.kind = $6)
   and ($7::text is null or e.status = $7)
   and ($8::text is null or (text_pairs(lower(e.name) || ' ' || lower(e.employer_name)) @> text_pairs(lower($8))
        and (position(lower($8) in lower(e.name)) > 0 or position(lower($8) in lower(e.employer_name)) > 0)))
 order by e.created_at desc, e.id desc
 limit $4::integer
