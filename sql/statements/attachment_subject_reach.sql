-- :one
select (select string_agg(r.role, ',') from (
           select role from application_reach where $1 = 'application' and account_id = $3::uuid and id = $2::uuid
           union all
           select role from document_reach where $1 = 'document' and account_id = $3::uuid and id = $2::uuid
           union all
           select role from organisation_reach where $1 = 'organisation' and account_id = $3::uuid and id = $2::uuid) r) as reach,
       (select string_agg(role, ',') from organisation_write_reach where $1 = 'organisation' and account_id = $3::uuid and id = $2::uuid) as write_reach,
       coalesce((select status from application where $1 = 'application' and id = $2::uuid),
                (select status from document where $1 = 'document' and id = $2::uuid), '') as status
