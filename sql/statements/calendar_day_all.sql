-- :many
select date, is_workday from calendar_day order by date
