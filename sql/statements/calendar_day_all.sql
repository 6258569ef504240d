-- :many
select d.date, d.is_workday, s.calendar as stamp
  from policy_stamp s left join calendar_day d on true
 order by d.date
