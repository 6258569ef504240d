-- :one
-- numbers are given without a gap
select coalesce(max(entry_no), 0) as entries from journal_entry
