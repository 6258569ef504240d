-- :optional
select p.closed_at is not null as closed from sheet s join panel p on p.id = s.panel_id where s.id = $1::uuid
