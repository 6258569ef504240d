-- :optional
select w.id, w.organisation_id, w.reason, w.attachment_id, m.name as maker, c.name as checker, w.confirmed_at is not null as confirmed, w.confirmed_at,
       w.version, w.created_at, w.maker_id as _maker_id
  from credit_code_waiver w join account m on m.id = w.maker_id left join account c on c.id = w.checker_id
 where w.id = $1::uuid and w.organisation_id = $2::uuid
