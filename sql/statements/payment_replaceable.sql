-- :one
select exists (select from payment p where p.id = $2::uuid and p.award_id = $1::uuid and p.status = 'reversed'
                 and not exists (select from payment o where o.replaces_id = p.id and o.status <> 'discarded')) as replaceable
