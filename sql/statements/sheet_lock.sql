-- :optional
select s.id from sheet s join panel p on p.id = s.panel_id where s.id = $1::uuid for no key update of s for share of p
