-- :one
select parameters, calendar from policy_stamp
