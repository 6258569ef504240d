-- :one
select e.id, e.name, e.employer_name, e.employer_credit_code, e.title_rank, e.title, to_json(e.fields) as fields, e.kind, e.consent_on,
       e.integrity_record, e.nominated_by_alliance_id, e.valid_until, e.status, e.version, e.created_at, e.updated_at,
       (select json_agg(json_strip_nulls(json_build_object('credit_code', m.credit_code, 'employer_name', m.employer_name,
                   'from_on', m.from_on, 'to_on', m.to_on)) order by m.from_on desc, m.credit_code)
          from expert_employment m where m.expert_id = e.id) as employments
  from expert e
 where e.id = $1::uuid
