-- Every list, search and sweep is answered from an index.

create function uuid_or_null(value text) returns uuid language sql immutable parallel safe as $$
    select case when value ~ '^[0-9A-Fa-f]{8}(-[0-9A-Fa-f]{4}){3}-[0-9A-Fa-f]{12}$' then value::uuid end
$$;
comment on function uuid_or_null is 'For a filter that takes an identifier or a number';

create index award_payee_credit_code on award (payee_credit_code);
create index award_list on award (number desc, id desc);
create index award_open on award (status, id) where status in ('proposed', 'committed', 'disbursing');
create index payment_list on payment (number desc, id desc);
create index payment_open on payment (status, id) where status in ('prepared', 'confirmed');
create index endorsement_list on endorsement (created_at desc, id desc);
create index organisation_list on organisation (created_at desc, id desc);
create index organisation_unit on organisation (administering_unit_id);
create index organisation_created_by on organisation (created_by);
create index organisation_name_pairs on organisation using gin (text_pairs(name_key));
create index application_text_pairs on application using gin (text_pairs(name_key || ' ' || lower(number)));
create index attachment_list on attachment (subject_kind, subject_id, created_at desc, id desc);
create index account_grant_account on account_grant (account_id) where revoked_at is null;
create index account_grant_organisation on account_grant (organisation_id) where revoked_at is null;
create index account_grant_role on account_grant (role) where revoked_at is null;
create index panel_open on panel (status, due_on) where status in ('draft', 'constituted', 'scoring', 'closed');
create index panel_concluded on panel (concluded_on) where status = 'concluded';
create index sheet_open on sheet (panel_id) where status in ('invited', 'accepted', 'scoring');
create index document_open on document (status) where status in ('draft', 'in_review', 'approved');
create index document_subject_application on document_subject (application_id);
create index endorsement_attachment on endorsement (attachment_id);
create index balance_line on balance (budget_line_id) where award_id is null;
create index application_designed_by on application (designed_by_id) where designed_by_id is not null;
create index alliance_name on alliance (name_key);
create index alliance_served on alliance (industry_field);
create index account_grant_recommender on account_grant (recommender_id) where revoked_at is null;
create index account_grant_expert on account_grant (expert_id) where revoked_at is null;
create index balance_account on balance (budget_line_id, account) include (amount);

-- One award's money is the sum of its own few balances; what a line has committed is what it got less what it has left.
create or replace view award_money as
select a.id as award_id, m.committed, m.disbursed, m.acquitted, m.refunded, m.outstanding, m.advance
  from award a
 cross join lateral (
       select coalesce(sum(b.amount) filter (where b.account in ('COMMITTED', 'ADVANCE', 'SPENT', 'REFUND_DUE', 'REFUNDED')), 0)::bigint as committed,
              coalesce(sum(b.amount) filter (where b.account in ('ADVANCE', 'SPENT', 'REFUND_DUE', 'REFUNDED')), 0)::bigint as disbursed,
              coalesce(sum(b.amount) filter (where b.account = 'SPENT'), 0)::bigint as acquitted,
              coalesce(sum(b.amount) filter (where b.account = 'REFUNDED'), 0)::bigint as refunded,
              coalesce(sum(b.amount) filter (where b.account in ('ADVANCE', 'REFUND_DUE')), 0)::bigint as outstanding,
              coalesce(sum(b.amount) filter (where b.account = 'ADVANCE'), 0)::bigint as advance
         from balance b where b.award_id = a.id) m;

create or replace view budget_money as
select l.id as budget_line_id,
       coalesce((select b.amount from balance b where b.budget_line_id = l.id and b.award_id is null and b.account = 'AVAILABLE'), 0)::bigint as available,
       coalesce((select -sum(b.amount) from balance b where b.budget_line_id = l.id and b.award_id is null), 0)::bigint as committed,
       coalesce((select sum(b.amount) from balance b where b.budget_line_id = l.id and b.account in ('ADVANCE', 'SPENT', 'REFUND_DUE', 'REFUNDED')),
                0)::bigint as disbursed
  from budget_line l;

-- The experts of a panel, found from their sheets.
create or replace view application_reach (account_id, id, role) as
    select account_id, id, role from application_party_reach
    union all
    select g.account_id, p.application_id, g.role
      from live_grant g
      join sheet s on s.expert_id = g.expert_id and s.status in ('accepted', 'scoring', 'submitted')
      join panel p on p.id = s.panel_id;

-- Who reaches an attachment follows from its one subject (offset 0: asked for that subject, never joined with all of them).
create or replace view attachment_reach as
select r.account_id, t.id, r.role
  from attachment t
 cross join lateral (select a.account_id, a.role from application_reach a where a.id = t.subject_id offset 0) r
 where t.subject_kind = 'application' and t.discarded_at is null
   and r.role <> 'member'
   and (r.role <> 'host' or t.kind not in ('application_form', 'recommender_opinion'))
   and (r.role <> 'expert' or t.kind <> 'application_form')
union all
select r.account_id, t.id, r.role
  from attachment t
 cross join lateral (select d.account_id, d.role from document_reach d where d.id = t.subject_id offset 0) r
 where t.subject_kind = 'document' and t.discarded_at is null
union all
select r.account_id, t.id, r.role
  from attachment t
 cross join lateral (
       select o.account_id, o.role from organisation_grant_reach o where o.id = t.subject_id
       union
       select o.account_id, o.role from organisation_write_reach o where o.id = t.subject_id) r
 where t.subject_kind = 'organisation' and t.discarded_at is null;

create index award_fund_document on award (fund_document_no, id desc) where status in ('committed', 'disbursing', 'disbursed');
create index document_allocations on document (issued_on desc) where type = 'fund_allocation' and status = 'issued';

-- Awards of those who lead or host, each from its own side.
create or replace view award_reach as
select m.account_id, w.id, m.role from award w cross join money_everywhere m
union all
select g.account_id, w.id, g.role
  from live_grant g
  join alliance n on n.lead_organisation_id = g.organisation_id
  join award w on w.alliance_id = n.id
 where g.role in ('lead', 'council')
union all
select g.account_id, w.id, g.role
  from live_grant g
  join alliance n on n.host_organisation_id = g.organisation_id
  join award w on w.alliance_id = n.id
 where g.role = 'host'
union all
select g.account_id, w.id, g.role
  from live_grant g
  join award w on w.payee_organisation_id = g.organisation_id
 where g.role = 'host'
   and not exists (select from alliance n where n.id = w.alliance_id and n.host_organisation_id = g.organisation_id);
