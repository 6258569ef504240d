-- :one
select journal_post($1::uuid, $2, $3::date, $4::timestamptz, $5::uuid, $6::uuid, $7::uuid, $8::uuid, $9::uuid, $10, $11, $12::uuid, $13::bigint) as entry_no
