-- :optional
select id, role from account_grant where id = $2::uuid and account_id = $1::uuid and revoked_at is null for update
