-- :optional
select id, encode(account_cipher, 'hex') as account_cipher from bank_account order by id limit 1
