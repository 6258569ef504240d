-- :one
update document
   set title = coalesce($3, title), legal_basis = coalesce($4, legal_basis), body = coalesce($5, body),
       edited_by = $6::uuid, version = version + 1, updated_at = $7::timestamptz
 where id = $1::uuid and version = $2::bigint and status = 'draft'
returning version
