-- :optional
select id from recommender
 where kind = 'county' and division_code = $1 and is_active and valid_from <= $2::date and (valid_to is null or valid_to >= $2::date)
 order by valid_from desc
 limit 1
