-- :many
with work (machine, action) as (
    values ('APP', 'submit'), ('APP', 'resubmit'), ('APP', 'accept'), ('APP', 'correct'), ('APP', 'submit_rectification'),
           ('APP', 'start_evaluation'), ('APP', 'propose'), ('END', 'sign'), ('PANEL', 'constitute'), ('PANEL', 'open_scoring'),
           ('PANEL', 'close'), ('PANEL', 'conclude'), ('SHEET', 'accept'), ('SHEET', 'score'), ('SHEET', 'submit'), ('DOC', 'submit'),
           ('DOC', 'approve'), ('DOC', 'issue'), ('EXP', 'take_up'), ('EXP', 'admit'), ('BUD', 'approve'), ('AWD', 'approve'),
           ('PAY', 'prepare'), ('PAY', 'confirm'), ('PAY', 'book')
), step as (
    select l.machine, l.from_status, l.action, l.roles, l.articles
      from lifecycle l join work w on w.machine = l.machine and w.action = l.action
     where not (l.machine = 'SHEET' and l.action = 'score' and l.from_status = 'scoring')
), mine as (
    select role, expert_id from live_grant where account_id = $1::uuid
), reach (kind, id, role) as (
    select 'application', id, role from application_reach where account_id = $1::uuid
    union select 'endorsement', id, role from endorsement_reach where account_id = $1::uuid
    union select 'panel', id, role from panel_reach where account_id = $1::uuid
    union select 'sheet', id, role from sheet_reach where account_id = $1::uuid
    union select 'document', id, role from document_reach where account_id = $1::uuid
    union select 'expert', id, role from expert_reach where account_id = $1::uuid
    union select 'budget_line', id, role from budget_line_reach where account_id = $1::uuid
    union select 'award', id, role from award_reach where account_id = $1::uuid
    union select 'payment', id, role from payment_reach where account_id = $1::uuid
), waiting (kind, id, number, title, status, action, role, articles, due_on) as (
    select 'application', a.id, a.number, a.name, a.status, s.action, r.role, s.articles, a.due_on
      from application a
      join step s on s.machine = 'APP' and s.from_status = a.status
      join reach r on r.kind = 'application' and r.id = a.id and r.role = any (s.roles)
     where s.action <> 'start_evaluation' or not exists (
           select from panel p where p.application_id = a.id and p.round = a.round and p.status <> 'voided')
    union all
    select 'endorsement', e.id, a.number, a.name, e.status, s.action, r.role, s.articles, e.due_on
      from endorsement e
      join application a on a.id = e.application_id
      join step s on s.machine = 'END' and s.from_status = e.status
      join reach r on r.kind = 'endorsement' and r.id = e.id and r.role = any (s.roles)
    union all
    select 'panel', p.id, a.number, a.name, p.status, s.action, r.role, s.articles, p.due_on
      from panel p
      join application a on a.id = p.application_id
      join step s on s.machine = 'PANEL' and s.from_status = p.status
      join reach r on r.kind = 'panel' and r.id = p.id and r.role = any (s.roles)
     where case s.action
               when 'conclude' then exists (select from mine m where m.expert_id = p.chair_expert_id)
               when 'close' then p.due_on <= $2::date or not exists (
                   select from sheet t where t.panel_id = p.id and t.status in ('invited', 'accepted', 'scoring'))
               else true
           end
    union all
    select 'sheet', t.id, a.number, a.name, t.status, s.action, r.role, s.articles,
           case when t.status = 'invited' then t.answer_due_on else p.due_on end
      from sheet t
      join panel p on p.id = t.panel_id
      join application a on a.id = p.application_id
      join step s on s.machine = 'SHEET' and s.from_status = t.status
      join reach r on r.kind = 'sheet' and r.id = t.id and r.role = any (s.roles)
     where t.status = 'invited' and p.status in ('draft', 'constituted', 'scoring') or p.status = 'scoring'
    union all
    select 'document', d.id, d.document_no, d.title, d.status, s.action, r.role, s.articles, null::date
      from document d
      join step s on s.machine = 'DOC' and s.from_status = d.status
      join reach r on r.kind = 'document' and r.id = d.id and r.role = any (s.roles)
     where s.action <> 'approve' or $1::uuid not in (d.drafted_by, coalesce(d.edited_by, d.drafted_by))
    union all
    select 'expert', e.id, null, e.name, e.status, s.action, r.role, s.articles, null
      from expert e
      join step s on s.machine = 'EXP' and s.from_status = e.status
      join reach r on r.kind = 'expert' and r.id = e.id and r.role = any (s.roles)
    union all
    select 'budget_line', b.id, b.document_no, b.fiscal_year::text, b.status, s.action, r.role, s.articles, null
      from budget_line b
      join step s on s.machine = 'BUD' and s.from_status = b.status
      join reach r on r.kind = 'budget_line' and r.id = b.id and r.role = any (s.roles)
     where b.drafted_by <> $1::uuid
    union all
    select 'award', w.id, w.number, n.name, w.status, s.action, r.role, s.articles, null
      from award w
      join alliance n on n.id = w.alliance_id
      join step s on s.machine = 'AWD' and s.from_status = w.status
                  or s.machine = 'PAY' and s.from_status = 'new' and w.status in ('committed', 'disbursing') and w.reserved < w.amount
      join reach r on r.kind = 'award' and r.id = w.id and r.role = any (s.roles)
     where s.machine = 'PAY' or w.proposed_by <> $1::uuid
    union all
    select 'payment', p.id, p.number, n.name, p.status, s.action, r.role, s.articles, null
      from payment p
      join award w on w.id = p.award_id
      join alliance n on n.id = w.alliance_id
      join step s on s.machine = 'PAY' and s.from_status = p.status
      join reach r on r.kind = 'payment' and r.id = p.id and r.role = any (s.roles)
     where s.action <> 'confirm' or p.maker_id <> $1::uuid
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
