-- :exec
insert into award (id, number, kind, alliance_id, application_id, document_id, scheme_id, payee_organisation_id, fiscal_year, amount,
                   proposed_by, status, created_at, updated_at)
values ($1::uuid, $2, 'recognition', $3::uuid, $4::uuid, $5::uuid, $6::uuid, $7::uuid, $8::integer, $9::bigint, $10::uuid, 'proposed',
        $11::timestamptz, $11::timestamptz)
