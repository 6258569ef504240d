-- :one
-- Two who announce files of one subject come one after the other, so that the bounds hold.
select pg_advisory_xact_lock(hashtextextended('attachment ' || $1 || ' ' || $2, 0)) is not null as locked
