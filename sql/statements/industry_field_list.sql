-- :many
select code, name as zh, name_en as en, industry_class from industry_field order by code
