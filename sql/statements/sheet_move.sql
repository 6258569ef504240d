-- :one
update sheet
   set status = $4,
       version = version + case when $4 in ('scoring', 'submitted') then 0 else 1 end,
       autosave_version = autosave_version + 1,
       updated_at = case when $4 in ('scoring', 'submitted') then updated_at else $5::timestamptz end
 where id = $1::uuid and status = $2 and $3::bigint in (version, autosave_version)
returning case when $4 in ('scoring', 'submitted') or $3::bigint = autosave_version - 1 then autosave_version else version end as version
