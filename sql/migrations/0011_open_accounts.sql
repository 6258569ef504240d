-- The tasks of leader and finance ask for the accounts that wait for a confirmation.

create index bank_account_proposed on bank_account (id) where status = 'proposed';
