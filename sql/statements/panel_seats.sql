-- :many
with seat as (
    select s.id as sheet_id, s.expert_id, s.status, s.declared_at is not null as is_declared
      from sheet s where s.panel_id = $1::uuid
    union all
    select null, e.id, null, false from expert e where e.id = $2::uuid
)
select t.sheet_id, t.status, t.is_declared, e.id as expert_id, e.name, e.kind, e.employer_credit_code, e.employer_name,
       e.status as expert_status, e.valid_until,
       p.industry_field = any (e.fields) as carries_field,
       coalesce(e.nominated_by_alliance_id = a.alliance_id, false) as nominated_here,
       exists (select from sheet b
                 join panel q on q.id = b.panel_id
                 join application z on z.id = q.application_id
                where b.expert_id = e.id and b.status = 'submitted' and q.status = 'concluded'
                  and z.alliance_id = a.alliance_id and z.id <> a.id) as sat_before,
       (select json_agg(json_build_object('credit_code', m.credit_code, 'name', m.employer_name, 'from_on', m.from_on, 'to_on', m.to_on)
                   order by m.from_on)
          from expert_employment m where m.expert_id = e.id) as employments
  from seat t
  join expert e on e.id = t.expert_id
  join panel p on p.id = $1::uuid
  join application a on a.id = p.application_id
 order by t.sheet_id nulls last
