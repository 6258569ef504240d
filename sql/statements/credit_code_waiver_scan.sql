-- :many
select id from attachment where id = $1::uuid and subject_kind = 'organisation' and subject_id = $2::uuid and kind = 'business_licence' and complete_at is not null
