-- :optional
select a.id, a.number, a.status, a.version, a.amount, a.reserved, a.proposed_by, a.approved_by, a.budget_line_id, a.fund_document_no,
       a.payee_organisation_id, a.alliance_id, a.number,
       m.committed, m.committed - m.disbursed as unpaid, m.advance,
       b.id as line_id, b.status as line_status, b.fiscal_year as line_year, b.carry_over as line_carry_over, b.cap as line_cap,
       bm.available as line_available, bm.committed as line_committed,
       d.status = 'issued' as recognition_is_issued,
       s.status is not distinct from 'confirmed' as scheme_is_confirmed,
       exists (select from alliance_member h join organisation o on o.credit_code = h.credit_code
                where h.alliance_id = a.alliance_id and h.is_host and o.id = a.payee_organisation_id
                  and h.joined_on <= d.issued_on and (h.left_on is null or h.left_on > d.issued_on)) as payee_is_host,
       exists (select from bank_account k where k.organisation_id = a.payee_organisation_id and k.status = 'confirmed') as payee_account_is_confirmed,
       (select h.reason from award_hold h where h.award_id = a.id and h.released_at is null order by h.placed_at limit 1) as hold,
       n.status as alliance_status, t.due_on as alliance_due_on, t.submit_deadline_on as alliance_submit_deadline_on,
       exists (select from document f where f.document_no = $4 and f.status = 'issued') as document_is_issued,
       exists (select from document f where f.document_no = $4 and f.status = 'issued' and f.type = 'fund_allocation') as document_allocates,
       (select string_agg(r.role, ',') from award_reach r where r.id = a.id and r.account_id = $1::uuid) as reach
from award a
join award_money m on m.award_id = a.id
join alliance n on n.id = a.alliance_id
join document d on d.id = a.document_id
left join award_scheme s on s.id = a.scheme_id
left join budget_line b on b.id = coalesce(a.budget_line_id, $3::uuid) and b.kind = a.kind || '_award'
left join budget_money bm on bm.budget_line_id = b.id
left join lateral (select x.due_on, x.submit_deadline_on from recognition_term x where x.alliance_id = n.id order by x.seq desc limit 1) t on true
where a.id = $2::uuid
