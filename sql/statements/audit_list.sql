-- :many :slow
select h.seq::text as _key, h.seq as _id, h.at, h.wall_at, h.account_id, a.name as account, h.credential_id, h.role, h.object_kind, h.object_id,
       h.machine,
       case when h.from_status = 'scoring' and (select count(*) from sheet_sealed s where s.id = h.object_id) > 0 then 'accepted' else h.from_status end as "from",
       h.action, h.to_status as "to", h.reason, h.articles, h.request_id, h.operation
  from history h
  left join account a on a.id = h.account_id
 where $1::uuid is not null
   and ($2::text is null or h.seq < $3::bigint)
   and ($5::uuid is null or h.account_id = $5::uuid)
   and ($6::uuid is null or h.object_id = $6::uuid)
   and ($7::text is null or h.object_kind = $7)
   and ($8::date is null or h.at >= $8::date::timestamp at time zone 'Asia/Shanghai')
   and ($9::date is null or h.at < ($9::date + 1)::timestamp at time zone 'Asia/Shanghai')
   -- until its panel is closed nobody but its author may learn anything of a score sheet
   and not (h.object_kind = 'sheet' and h.action not in ('invite', 'accept', 'decline', 'expire', 'recuse', 'replace')
            and (select count(*) from sheet_sealed s where s.id = h.object_id) > 0)
 order by h.seq desc
 limit $4::integer
