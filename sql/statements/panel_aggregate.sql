-- :exec
update panel
   set closed_at = $2::timestamptz, result = $3, mean_hundredths = $4::integer,
       criterion_means = array(select m::integer from json_array_elements_text($5::json) m),
       sheets_counted = $6::integer, sheets_kept = $7::integer, votes_recognise = $8::integer, votes_revise = $9::integer,
       votes_reject = $10::integer, policy_objections = $11::integer, dispersion_alert = $12::boolean
 where id = $1::uuid
