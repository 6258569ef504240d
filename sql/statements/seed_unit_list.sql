-- :many
select id, kind, coalesce(division_code, '') as division_code from recommender where is_active and valid_to is null order by code
