-- Before the load, in its transaction: what would be checked row by row is put aside and rebuilt over everything
-- at the end (after.sql), where it proves the same. Nobody may write meanwhile, and the tables must be empty: asked here, under
-- the locks, so that nothing that anybody has written can be lost. Truncating what is empty lets COPY write frozen rows.
create temp table seed_loaded on commit drop as
select unnest(array['account', 'account_grant', 'alliance', 'alliance_agreement', 'alliance_body', 'alliance_member', 'alliance_signature',
        'alliance_task', 'application', 'application_point', 'application_revision', 'attachment', 'attachment_part', 'award', 'award_scheme',
        'balance', 'bank_account', 'body_person', 'budget_adjustment', 'budget_line', 'document', 'document_subject', 'endorsement', 'expert',
        'expert_employment', 'history', 'journal_entry', 'journal_line', 'notice', 'number_series', 'organisation', 'panel', 'panel_chair',
        'payment', 'recognition_term', 'sheet']) as table_name;

do $$
declare
    r record;
    filled boolean;
begin
    for r in select table_name from seed_loaded order by table_name loop
        execute format('lock table %I in access exclusive mode', r.table_name);
        execute format('select exists (select from %I)', r.table_name) into filled;
        if filled then
            raise exception 'the table % is not empty: nothing is loaded', r.table_name using errcode = 'AL001';
        end if;
    end loop;
end $$;

create temp table seed_constraint on commit drop as
select c.conrelid::regclass::text as table_name, c.conname, c.contype, pg_get_constraintdef(c.oid) as definition
  from pg_constraint c
 where c.contype in ('f', 'p', 'u') and c.conparentid = 0 and c.connamespace = current_schema()::regnamespace;

create temp table seed_index on commit drop as
select i.indexrelid::regclass::text as index_name, pg_get_indexdef(i.indexrelid) as definition
  from pg_index i
  join pg_class t on t.oid = i.indrelid
 where t.relnamespace = current_schema()::regnamespace and t.relkind = 'r'
   and not exists (select from pg_constraint c where c.conindid = i.indexrelid);

create temp table seed_table on commit drop as
select t.oid::regclass::text as table_name
  from pg_class t
 where t.relnamespace = current_schema()::regnamespace and t.relkind = 'r';

create temp table seed_trigger on commit drop as
select t.tgrelid::regclass::text as table_name, t.tgname, t.tgenabled
  from pg_trigger t
  join seed_table s on s.table_name = t.tgrelid::regclass::text
 where not t.tgisinternal;

do $$
declare
    r record;
begin
    for r in select * from seed_constraint order by contype = 'f' desc loop
        execute format('alter table %s drop constraint %I', r.table_name, r.conname);
    end loop;
    for r in select * from seed_index loop
        execute format('drop index %s', r.index_name);
    end loop;
    for r in select * from seed_table loop
        execute format('alter table %s disable trigger user', r.table_name);
    end loop;
    execute (select 'truncate ' || string_agg(quote_ident(table_name), ', ') from seed_loaded);
end $$;

-- What is booked, without what follows from it: lines, payee and hashes are made at the end by the journal's own functions.
create temp table seed_entry (
    entry_no          bigint not null,
    id                uuid not null,
    type              text not null,
    booked_on         date not null,
    at                timestamptz not null,
    maker_id          uuid not null,
    checker_id        uuid,
    award_id          uuid,
    budget_line_id    uuid not null,
    payment_id        uuid,
    payee_name        text,
    payee_credit_code text,
    document_no       text,
    reason            text,
    reverses_id       uuid,
    amount            bigint not null
) on commit drop;
