-- :exec
insert into application (id, number, kind, predecessor_id, origin, designed_by_id, recommender_id, lead_organisation_id, host_credit_code,
    name, name_key, industry_field, industry_class, form, status, created_by, created_at, updated_at)
values ($1::uuid, $2, $3, $4::uuid, $5, $6::uuid, $7::uuid, $8::uuid, $9, $10, $11, $12, $13, $14::jsonb, 'draft', $15::uuid, $16::timestamptz, $16::timestamptz)
