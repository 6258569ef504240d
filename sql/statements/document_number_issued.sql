-- :one
select exists (select from document where document_no = $1 and status = 'issued') as issued
