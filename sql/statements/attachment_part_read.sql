-- :optional :slow
-- a slice of one part: the column is stored as it came, outside of the row, so that a slice costs no more than itself
select octet_length(content) as bytes, encode(substring(content from $3::integer for $4::integer), 'hex') as slice
from attachment_part where attachment_id = $1::uuid and n = $2::integer
