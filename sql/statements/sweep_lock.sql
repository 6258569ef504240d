-- :one
select pg_try_advisory_xact_lock(7305201563) as mine
