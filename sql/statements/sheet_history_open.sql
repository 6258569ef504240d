-- :optional
select p.status in ('closed', 'concluded') as closed from sheet s join panel p on p.id = s.panel_id where s.id = $1::uuid
