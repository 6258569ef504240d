-- :exec
update document set document_no = $2, issued_on = $3::date, issued_by = $4::uuid where id = $1::uuid
