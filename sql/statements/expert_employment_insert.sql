-- :exec
insert into expert_employment (expert_id, credit_code, employer_name, from_on, to_on)
values ($1::uuid, $2, $3, $4::date, $5::date)
