-- :exec
insert into recognition_term (id, alliance_id, seq, start_on, due_on, submit_deadline_on, calendar_assumed, document_id, created_at)
select $1::uuid, a.id, $3::integer, a.recognised_on, $4::date, $5::date, $6::boolean, a.recognition_document_id, $7::timestamptz
  from alliance a where a.id = $2::uuid
