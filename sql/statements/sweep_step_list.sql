-- :many
-- T7: corrections, returned applications and rectifications whose time is over
select 'APP' as machine, id, 'expire' as action
from application
where status in ('correction', 'returned', 'rectifying') and due_on < $1::date
union all
-- T6: endorsements that are late; that blocks nothing (a time limit of an official is a flag, never a guard)
select 'END', id, 'overdue'
from endorsement
where status = 'requested' and not overdue and due_on < $1::date
union all
-- invitations that nobody answered in time
select 'SHEET', id, 'expire'
from sheet
where status = 'invited' and answer_due_on < $1::date
union all
-- panels whose every live sheet is in
select 'PANEL', p.id, 'close'
from panel p
where p.status = 'scoring'
    and exists (select from sheet s where s.panel_id = p.id and s.status = 'submitted')
    and not exists (select from sheet s where s.panel_id = p.id and s.status in ('invited', 'accepted', 'scoring'))
order by 1, 2
