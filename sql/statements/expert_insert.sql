-- :exec
insert into expert (id, name, name_key, employer_credit_code, employer_name, title_rank, title, fields, kind, consent_on, integrity_record,
    created_by, created_at, updated_at)
values ($1::uuid, $2, $3, $4, $5, $6, $7, array(select json_array_elements_text($8::json)), $9, $10::date, $11,
    $12::uuid, $13::timestamptz, $13::timestamptz)
