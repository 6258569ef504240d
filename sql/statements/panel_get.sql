-- :one
select p.id, p.application_id, a.number as application_number, a.name, p.round, p.revision, p.industry_field, p.rubric_version,
       to_json(p.weights) as weights, p.parameters, p.material_sha256, p.constituted_on, p.due_on,
       case when $2 in ('bureau', 'auditor') then p.chair_expert_id end as chair_expert_id,
       case when $2 in ('bureau', 'auditor') then c.name end as chair_name,
       case when $2 = 'expert' then exists (select from live_grant g where g.account_id = $3::uuid and g.expert_id = p.chair_expert_id)
       end as is_chair,
       case when $2 = 'bureau' then (
           select json_build_object(
                      'invited', count(*) filter (where s.status = 'invited'),
                      'live', count(*) filter (where s.status not in ('declined', 'recused', 'replaced')),
                      'submitted', count(*) filter (where s.status = 'submitted'))
             from sheet s where s.panel_id = p.id) end as counts,
       p.closed_at, p.concluded_on, p.result,
       case when $2 <> 'party' then p.mean_hundredths end as mean_hundredths,
       case when $2 <> 'party' then to_json(p.criterion_means) end as criterion_means,
       case when $2 <> 'party' then p.sheets_counted end as sheets_counted,
       case when $2 <> 'party' then p.sheets_kept end as sheets_kept,
       case when $2 <> 'party' then p.votes_recognise end as votes_recognise,
       case when $2 <> 'party' then p.votes_revise end as votes_revise,
       case when $2 <> 'party' then p.votes_reject end as votes_reject,
       case when $2 <> 'party' then p.policy_objections end as policy_objections,
       case when $2 <> 'party' then p.dispersion_alert end as dispersion_alert,
       p.opinion,
       case when $2 <> 'party' then p.dispersion_note end as dispersion_note,
       p.status, p.version, p.created_at, p.updated_at
  from panel p
  join application a on a.id = p.application_id
  left join expert c on c.id = p.chair_expert_id
 where p.id = $1::uuid
