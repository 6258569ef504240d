-- :optional :slow
select encode(content, 'hex') as content from attachment_part where attachment_id = $1::uuid and n = $2::integer
