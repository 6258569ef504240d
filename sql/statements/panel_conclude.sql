-- :exec
update panel set opinion = $2, dispersion_note = $3, concluded_on = $4::date where id = $1::uuid
