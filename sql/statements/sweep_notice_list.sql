-- :many
-- What is due and has not been said yet: (recipient, kind, subject, date, key).
with due (recipient_kind, recipient, kind, subject_kind, subject_id, due_on, key) as (
    -- T8: the panel's time is over: each expert who has not handed in, and the officers
    select 'expert', s.expert_id::text, 'sheet.overdue', 'sheet', s.id, p.due_on, 'sheet.overdue.' || s.id
    from panel p
    join sheet s on s.panel_id = p.id and s.status in ('accepted', 'scoring')
    where p.status = 'scoring' and p.due_on < $1::date
    union all
    select 'role', 'officer', 'panel.overdue', 'panel', p.id, p.due_on, 'panel.overdue.' || p.id
    from panel p
    where p.status = 'scoring' and p.due_on < $1::date
    union all
    -- T9: a concluded panel waits for the decision
    select 'role', 'leader', 'application.decision_overdue', 'application', a.id, p.concluded_on + $2::integer,
        'application.decision_overdue.' || p.id
    from panel p
    join application a on a.id = p.application_id and a.round = p.round and a.status in ('evaluated', 'decision_pending', 'approved')
    where p.status = 'concluded' and p.concluded_on + $2::integer < $1::date
)
select d.*
from due d
left join notice n on n.recipient_kind = d.recipient_kind and n.recipient = d.recipient and n.key = d.key
where n.id is null
order by d.key
