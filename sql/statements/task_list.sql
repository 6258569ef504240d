-- :many
with work (machine, action) as (
    values ('APP', 'submit'), ('APP', 'resubmit'), ('APP', 'accept'), ('APP', 'correct'), ('APP', 'submit_rectification'),
           ('APP', 'start_evaluation'), ('APP', 'propose'), ('END', 'sign'), ('PANEL', 'constitute'), ('PANEL', 'open_scoring'),
           ('PANEL', 'close'), ('PANEL', 'conclude'), ('SHEET', 'accept'), ('SHEET', 'score'), ('SHEET', 'submit'), ('DOC', 'submit'),
           ('DOC', 'approve'), ('DOC', 'issue'), ('EXP', 'take_up'), ('EXP', 'admit'), ('BUD', 'approve'), ('BUD', 'adjust'), ('AWD', 'approve'),
           ('PAY', 'prepare'), ('PAY', 'confirm'), ('PAY', 'book')
), step as (
    select l.machine, l.from_status, l.action, l.roles, l.articles
      from lifecycle l join work w on w.machine = l.machine and w.action = l.action
     where not (l.machine = 'SHEET' and l.action = 'score' and l.from_status = 'scoring')
), mine as (
    select role, organisation_id, recommender_id, expert_id from live_grant where account_id = $1::uuid
), turn as (
    select s.machine, s.from_status, s.action, s.articles, m.role, m.organisation_id, m.recommender_id, m.expert_id
      from step s join mine m on m.role = any (s.roles)
), period (accept_wd, decide_days) as ( -- articles 11, 13: how long the bureau may take
    select max(value::integer) filter (where key = 'accept.wd'), max(value::integer) filter (where key = 'decide.days')
      from parameter
     where key in ('accept.wd', 'decide.days') and valid_from <= $2::date and (valid_to is null or valid_to >= $2::date)
), waiting (kind, id, number, title, status, action, role, articles, due_on) as (
    -- the bureau reaches every object; the others those that name them
    select 'application', a.id, a.number, a.name, a.status, s.action, s.role, s.articles,
           case s.action
               when 'accept' then (
                   select e.endorsed_on + n
                     from (select max((h.at at time zone 'Asia/Shanghai')::date) as endorsed_on from history h
                            where h.object_id = a.id and h.machine = 'APP' and h.to_status = 'endorsed') e
                    cross join generate_series(1, 3 * t.accept_wd + 30) n
                     left join calendar_day c on c.date = e.endorsed_on + n
                    where coalesce(c.is_workday, extract(isodow from e.endorsed_on + n) < 6)
                    order by n offset greatest(t.accept_wd, 1) - 1 limit 1)
               when 'propose' then (
                   select p.concluded_on + t.decide_days from panel p
                    where p.application_id = a.id and p.round = a.round and p.status = 'concluded')
               else a.due_on
           end
      from turn s
      join application a on a.status = s.from_status
     cross join period t
     where s.machine = 'APP' and s.role in ('officer', 'leader')
       and (s.action <> 'start_evaluation' or not exists (
           select from panel p where p.application_id = a.id and p.round = a.round and p.status <> 'voided'))
    union all
    select 'application', a.id, a.number, a.name, a.status, s.action, s.role, s.articles, a.due_on
      from turn s
      join application a on a.lead_organisation_id = s.organisation_id and a.status = s.from_status
     where s.machine = 'APP' and s.role = 'lead'
    union all
    select 'endorsement', e.id, a.number, a.name, e.status, s.action, s.role, s.articles, e.due_on
      from turn s
      join endorsement e on e.recommender_id = s.recommender_id and e.status = s.from_status
      join application a on a.id = e.application_id
     where s.machine = 'END'
    union all
    select 'panel', p.id, a.number, a.name, p.status, s.action, s.role, s.articles, p.due_on
      from turn s
      join panel p on p.status = s.from_status and p.status in ('draft', 'constituted', 'scoring', 'closed')
      join application a on a.id = p.application_id
     where s.machine = 'PANEL'
       and case s.action
               when 'conclude' then s.expert_id = p.chair_expert_id
               when 'close' then p.due_on <= $2::date or not exists (
                   select from sheet t where t.panel_id = p.id and t.status in ('invited', 'accepted', 'scoring'))
               else true
           end
    union all
    select 'sheet', t.id, a.number, a.name, t.status, s.action, s.role, s.articles,
           case when t.status = 'invited' then t.answer_due_on else p.due_on end
      from turn s
      join sheet t on t.expert_id = s.expert_id and t.status = s.from_status and t.status in ('invited', 'accepted', 'scoring')
      join panel p on p.id = t.panel_id
      join application a on a.id = p.application_id
     where s.machine = 'SHEET'
       and (p.status = 'scoring' or t.status = 'invited' and p.status in ('draft', 'constituted'))
    union all
    select 'document', d.id, d.document_no, d.title, d.status, s.action, s.role, s.articles,
           (select min(p.concluded_on) + t.decide_days
              from document_subject x
              join panel p on p.application_id = x.application_id and p.round = x.round and p.status = 'concluded'
             where x.document_id = d.id and x.removed_at is null)
      from turn s
      join document d on d.status = s.from_status
     cross join period t
     where s.machine = 'DOC'
       and (s.action <> 'approve' or $1::uuid not in (d.drafted_by, coalesce(d.edited_by, d.drafted_by)))
    union all
    select 'expert', e.id, null, e.name, e.status, s.action, s.role, s.articles, null
      from turn s
      join expert e on e.status = s.from_status
     where s.machine = 'EXP'
    union all
    select 'budget_line', b.id, b.document_no, b.fiscal_year::text, b.status, s.action, s.role, s.articles, null
      from turn s
      join budget_line b on b.status = s.from_status
     where s.machine = 'BUD'
       and case s.action
               when 'adjust' then exists (select from budget_adjustment j
                                           where j.budget_line_id = b.id and j.status = 'pending' and j.proposed_by <> $1::uuid)
               else b.drafted_by <> $1::uuid
           end
    union all
    select 'award', w.id, w.number, (select n.name from alliance n where n.id = w.alliance_id), w.status, s.action, s.role, s.articles, null
      from turn s
      join award w on w.status = s.from_status and w.status = 'proposed'
     where s.machine = 'AWD' and w.proposed_by <> $1::uuid
    union all
    select 'award', w.id, w.number, (select n.name from alliance n where n.id = w.alliance_id), w.status, s.action, s.role, s.articles, null
      from turn s
      join award w on w.status in ('committed', 'disbursing') and w.reserved < w.amount
     where s.machine = 'PAY' and s.from_status = 'new'
    union all
    select 'payment', p.id, p.number, (select n.name from award w join alliance n on n.id = w.alliance_id where w.id = p.award_id), p.status, s.action, s.role, s.articles, null
      from turn s
      join payment p on p.status = s.from_status and p.status in ('prepared', 'confirmed')
     where s.machine = 'PAY' and (s.action <> 'confirm' or p.maker_id <> $1::uuid)
    union all
    select 'bank_account', b.id, null, o.name, b.status, 'confirm', m.role, '6(5),16', null
      from bank_account b
      join organisation o on o.id = b.organisation_id
      join mine m on m.role in ('leader', 'finance')
     where b.status = 'proposed' and b.proposed_by <> $1::uuid
    union all
    select 'credit_code_waiver', c.id, null, o.name, 'proposed', 'confirm', m.role, '6(2)', null
      from credit_code_waiver c
      join organisation o on o.id = c.organisation_id
      join mine m on m.role = 'leader'
     where c.confirmed_at is null and c.maker_id <> $1::uuid
    union all
    select 'award_scheme', c.id, c.document_no, c.fiscal_year::text, c.status, 'confirm', m.role, '16', null
      from award_scheme c
      join mine m on m.role = 'leader'
     where c.status = 'proposed' and c.proposed_by <> $1::uuid
), once as (
    select distinct on (kind, id, action) * from waiting order by kind, id, action, role
)
select kind, id, number, title, status, action, role, articles, due_on, coalesce(due_on < $2::date, false) as overdue,
       case kind
           when 'bank_account' then '/v1/organisations/' || (select organisation_id from bank_account b where b.id = once.id) || '/bank-accounts'
           when 'credit_code_waiver' then '/v1/organisations/' || (select organisation_id from credit_code_waiver c where c.id = once.id)
           else '/v1/' || replace(kind, '_', '-') || 's/' || id
       end as href
  from once
 order by due_on nulls last, kind, id, action
 limit 500
