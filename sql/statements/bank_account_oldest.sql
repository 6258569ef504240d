-- :optional
-- one that has been superseded is needed by nobody any more
select id, encode(account_cipher, 'hex') as account_cipher from bank_account where status <> 'superseded' order by id limit 1
