-- :one
update expert
   set name = coalesce($3::jsonb ->> 'name', name),
       name_key = coalesce($4, name_key),
       employer_name = coalesce($3::jsonb ->> 'employer_name', employer_name),
       employer_credit_code = coalesce($3::jsonb ->> 'employer_credit_code', employer_credit_code),
       title_rank = coalesce($3::jsonb ->> 'title_rank', title_rank),
       title = case when $3::jsonb ? 'title' then $3::jsonb ->> 'title' else title end,
       fields = case when $3::jsonb ? 'fields' then array(select jsonb_array_elements_text($3::jsonb -> 'fields')) else fields end,
       kind = coalesce($3::jsonb ->> 'kind', kind),
       consent_on = case when $3::jsonb ? 'consent_on' then ($3::jsonb ->> 'consent_on')::date else consent_on end,
       integrity_record = case when $3::jsonb ? 'integrity_record' then $3::jsonb ->> 'integrity_record' else integrity_record end,
       version = version + 1,
       updated_at = $2::timestamptz
 where id = $1::uuid
returning version
