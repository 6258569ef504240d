-- :optional
select p.award_id, a.budget_line_id from payment p join award a on a.id = p.award_id where p.id = $1::uuid
