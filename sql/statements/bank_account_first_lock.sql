-- :one
-- Two who seal what may be the first number come one after the other, so that the second tries its key on what the first has sealed.
select pg_advisory_xact_lock(7305201564) is not null as locked
