-- :optional
select k.id, encode(k.account_cipher, 'hex') as account_cipher
from payment p join bank_account k on k.id = p.bank_account_id
where p.id = $1::uuid and p.status = 'confirmed' and k.status = 'confirmed'
