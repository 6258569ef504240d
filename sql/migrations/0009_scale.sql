-- Room for many: what cost most on a hundred thousand files costs less.

-- Which units an application names. One entry a member in place of one a leaf of the form: every step of an application writes
-- all entries of its row anew.
create function form_member_codes(form jsonb) returns text[] language sql immutable strict parallel safe as $$
    select coalesce(array_agg(m ->> 'credit_code') filter (where m ->> 'credit_code' is not null), '{}')
      from jsonb_array_elements(case jsonb_typeof(form -> 'members') when 'array' then form -> 'members' else '[]' end) m
$$;
comment on function form_member_codes is 'The credit codes of the members that a form names';
drop index application_members;
create index application_member_codes on application using gin (form_member_codes(form)) where first_submitted_on is not null;

create or replace view application_party_reach (account_id, id, role) as
    select g.account_id, a.id, g.role from live_grant g cross join application a where g.role in ('officer', 'leader', 'auditor')
    union all
    select g.account_id, a.id, g.role from live_grant g join application a on a.recommender_id = g.recommender_id
    where a.first_submitted_on is not null
    union all
    select g.account_id, a.id, g.role from live_grant g join application a on a.designed_by_id = g.recommender_id
    union all
    select g.account_id, a.id, g.role from live_grant g join application a on a.lead_organisation_id = g.organisation_id
    where g.role in ('lead', 'council')
    union all
    select g.account_id, a.id, g.role from live_grant g join organisation o on o.id = g.organisation_id
        join application a on a.host_credit_code = o.credit_code
    where g.role = 'host' and a.first_submitted_on is not null
    union all
    select g.account_id, a.id, g.role from live_grant g join organisation o on o.id = g.organisation_id
        join application a on form_member_codes(a.form) @> array[o.credit_code::text]
    where g.role = 'member' and a.first_submitted_on is not null;

-- The large JSON columns compress several times faster by lz4, where the server was built with it.
do $$
begin
    if exists (select from pg_settings where name = 'default_toast_compression' and 'lz4' = any (enumvals)) then
        alter table application alter column form set compression lz4;
        alter table application_revision alter column form set compression lz4;
        alter table application_revision alter column attachments set compression lz4;
        alter table alliance_agreement alter column content set compression lz4;
    end if;
end $$;
