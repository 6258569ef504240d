-- :optional
-- of those that can be opened at all: what was given up with a lost key is zeroes
select id, encode(account_cipher, 'hex') as account_cipher from bank_account where account_cipher <> decode(repeat('00', 29), 'hex') order by id limit 1
