-- :exec
insert into panel_chair (panel_id, seq, expert_id, named_by, named_at, reason)
select $1::uuid, coalesce(max(c.seq), 0) + 1, $2::uuid, $3::uuid, $4::timestamptz, $5
  from panel_chair c
 where c.panel_id = $1::uuid
