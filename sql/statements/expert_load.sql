-- :optional
select e.id, e.status, e.version, e.name, e.employer_credit_code, e.employer_name, e.title_rank, e.kind, to_json(e.fields) as fields,
       coalesce(e.consent_on <= $3::date, false) as has_consent, e.integrity_record is not null as has_integrity_record,
       (select json_agg(f) from unnest(e.fields) f where not exists (select from industry_field i where i.code = f)) as unknown_fields,
       exists (select from expert o
                where o.id <> e.id and o.name_key = e.name_key and o.status in ('active', 'suspended')
                  and exists (select from expert_employment a join expert_employment b on b.credit_code = a.credit_code
                               where a.expert_id = e.id and b.expert_id = o.id)) as is_duplicate,
       (select string_agg(r.role, ',') from expert_reach r where r.account_id = $2::uuid and r.id = e.id) as reach
  from expert e
 where e.id = $1::uuid
