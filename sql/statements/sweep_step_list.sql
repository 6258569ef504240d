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
-- panels whose every live sheet is in; of the many that are being scored few have no open sheet any more, so that is asked first
select 'PANEL', q.id, 'close'
from (select p.id
      from panel p
      where p.status = 'scoring'
          and not exists (select from sheet s where s.panel_id = p.id and s.status in ('invited', 'accepted', 'scoring'))
      offset 0) q
where exists (select from sheet s where s.panel_id = q.id and s.status = 'submitted')
order by 1, 2
