-- :optional :merge
select a.id, a.number, a.name, a.status, alliance_is_qualified(a.status, t.due_on, t.submit_deadline_on, $3::date) as qualified,
       a.recognised_on, t.due_on, t.submit_deadline_on, d.document_no,
       'rereview_submission' as "next_deadline.kind", t.submit_deadline_on as "next_deadline.due_on",
       t.submit_deadline_on - $3::date as "next_deadline.days_left", a.version
  from alliance a
  left join lateral (select r.due_on, r.submit_deadline_on
                       from recognition_term r where r.alliance_id = a.id order by r.seq desc limit 1) t on true
  left join document d on d.id = a.recognition_document_id
 where a.id = coalesce($1::uuid, (select x.id from alliance x where x.number = $2)) and a.is_public
