-- :exec
update application
   set name = $2, name_key = $3, recommender_id = $4::uuid, industry_field = $5, industry_class = $6, form = $7::jsonb, host_credit_code = $8,
       version = version + 1, updated_at = $9::timestamptz
 where id = $1::uuid
