-- :one
insert into number_series (series, year, last) values ($1, $2::integer, 1)
on conflict (series, year) do update set last = number_series.last + 1
returning last
