-- The ground everything stands on: the lifecycle that statuses obey, the append-only history, access, numbers, parameters.
create extension if not exists btree_gist;
-- No schema-qualified names: one schema per city is the way to many machines.

create table lifecycle_status (
    machine text not null,
    status  text not null,
    primary key (machine, status)
);
comment on table lifecycle_status is 'Statuses of each machine, loaded by migrate from service/policy/lifecycle.def';

create table lifecycle (
    machine     text not null,
    from_status text not null,
    action      text not null,
    to_status   text not null,
    roles       text[] not null,
    door        text not null check (door in ('call', 'effect', 'system')),
    articles    text not null,
    primary key (machine, from_status, action),
    unique (machine, from_status, action, to_status)
);
comment on table lifecycle is 'The lawful steps, loaded by migrate from service/policy/lifecycle.def; history and every status point here';

create table account (
    id           uuid primary key,
    name         text not null check (char_length(name) between 1 and 100),
    kind         text not null check (kind in ('person', 'machine')),
    email        text check (char_length(email) <= 200),
    issuer       text,
    subject      text,
    disabled_at  timestamptz,
    is_demo      boolean not null default false,
    version      bigint not null default 1,
    created_at   timestamptz not null,
    updated_at   timestamptz not null,
    constraint account_external_key unique (issuer, subject),
    constraint account_external_pair check ((issuer is null) = (subject is null))
);
comment on table account is 'Who acts. An external identity (issuer, subject) is mapped here; roles never come from a token';

create table division (
    code       char(6) primary key,
    name       text not null,
    valid_from date not null,
    valid_to   date
);
comment on table division is 'GB/T 2260 divisions of Weinan (article 4, 市域内); 610521 华县 until 2015-10, then 610503 华州区';

create table industry_field (
    code           text primary key,
    name           text not null,
    name_en        text not null,
    industry_class text not null check (industry_class in ('strategic_emerging', 'pillar', 'other'))
);
comment on table industry_field is 'Fields by which experts are gathered (article 13, 按所属领域)';

create table recommender (
    id              uuid primary key,
    code            text not null constraint recommender_code_key unique,
    kind            text not null check (kind in ('county', 'dept', 'assoc')),
    name            text not null,
    credit_code     char(18),
    division_code   char(6) references division,
    fiscal_code     text,
    fiscal_direct   boolean not null default false,
    is_active       boolean not null default true,
    is_fictitious   boolean not null default false,
    valid_from      date not null,
    valid_to        date,
    successor_id    uuid references recommender
);
comment on table recommender is 'Recommending units (article 10): counties and zones of the notice, municipal departments, associations';

create table recommender_field (
    recommender_id uuid not null references recommender,
    field_code     text not null references industry_field,
    primary key (recommender_id, field_code)
);

create table organisation (
    id                       uuid primary key,
    credit_code              char(18) not null constraint organisation_credit_code_key unique,
    legacy_code              text check (legacy_code ~ '^[0-9A-Z]{8}-?[0-9X]$'),
    name                     text not null check (char_length(name) between 2 and 200),
    name_key                 text not null,
    type                     text not null check (type in ('enterprise', 'university', 'research_institute', 'financial', 'cooperative', 'association', 'government', 'other')),
    division_code            char(6) not null check (division_code ~ '^[0-9]{6}$'),
    administering_unit_id    uuid references recommender,
    independent_legal_person boolean not null,
    legal_representative     text not null check (char_length(legal_representative) between 1 and 100),
    address                  text check (char_length(address) <= 300),
    registered_capital       bigint check (registered_capital > 0),
    founded_on               date,
    is_fictitious            boolean not null default false,
    credit_code_waived       boolean not null default false,
    version                  bigint not null default 1,
    created_by               uuid references account,
    created_at               timestamptz not null,
    updated_at               timestamptz not null
);
comment on table organisation is 'Legal persons (article 6(2)); the domicile is division_code, not digits 3-8 of the credit code';
comment on column organisation.registered_capital is 'fen';

create table account_grant (
    id              uuid primary key,
    account_id      uuid not null references account,
    role            text not null check (role in ('officer', 'leader', 'finance', 'county', 'dept', 'assoc', 'lead', 'council', 'host', 'member', 'expert', 'province', 'auditor', 'sysadmin')),
    organisation_id uuid references organisation,
    recommender_id  uuid references recommender,
    expert_id       uuid,
    granted_by      uuid references account,
    granted_at      timestamptz not null,
    revoked_by      uuid references account,
    revoked_at      timestamptz,
    constraint account_grant_reach check (
        (role in ('lead', 'council', 'host', 'member')) = (organisation_id is not null)
        and (role in ('county', 'dept', 'assoc')) = (recommender_id is not null)
        and (role = 'expert') = (expert_id is not null))
);
create unique index account_grant_live_key on account_grant
    (account_id, role, coalesce(organisation_id, recommender_id, expert_id, account_id)) where revoked_at is null;
comment on table account_grant is 'grant(role, reach): own organisation, recommending unit, expert record, or all';

create table credential (
    id           uuid primary key,
    account_id   uuid not null references account,
    kind         text not null check (kind in ('api_key', 'oauth_client')),
    name         text not null check (char_length(name) between 1 and 100),
    client_id    text constraint credential_client_id_key unique,
    prefix       text not null,
    secret_sha256 bytea not null constraint credential_secret_key unique check (octet_length(secret_sha256) = 32),
    scopes       text,
    expires_at   timestamptz,
    revoked_at   timestamptz,
    last_used_at timestamptz,
    created_by   uuid references account,
    created_at   timestamptz not null
);
comment on table credential is 'API keys (wna_…) and OAuth clients; only the SHA-256 of the secret is kept';

create table history (
    seq         bigint generated always as identity primary key,
    at          timestamptz not null,
    wall_at     timestamptz not null default clock_timestamp(),
    account_id  uuid references account,
    credential_id uuid references credential,
    role        text not null,
    object_kind text not null,
    object_id   uuid,
    machine     text,
    from_status text,
    action      text not null,
    to_status   text,
    reason      text,
    articles    text,
    detail      jsonb,
    request_id  text not null,
    operation   text not null,
    transaction xid8 not null default pg_current_xact_id(),
    foreign key (machine, from_status, action, to_status) references lifecycle (machine, from_status, action, to_status),
    constraint history_transition check (num_nonnulls(machine, from_status, to_status) in (0, 3))
);
create index history_object on history (object_id, seq);
create index history_account on history (account_id, seq);
comment on table history is 'Who did what when to which object, and every transition; append-only, also the audit log (articles 6(5), 13)';
comment on column history.at is 'business time';
comment on column history.credential_id is 'with which the caller came; null for an external identity, the command line and the service itself';

create function refuse_change() returns trigger language plpgsql as $$
begin
    raise exception '% of % is refused: the table is append-only', tg_op, tg_table_name using errcode = 'AL001';
end $$;
create trigger history_append_only before update or delete on history for each row execute function refuse_change();
create trigger history_no_truncate before truncate on history for each statement execute function refuse_change();

-- Every table with a status gets: a foreign key (machine, status) to lifecycle_status through a generated column, and the two
-- triggers below: status_step (a change must be a step of the lifecycle) and status_history (it must have left its history line
-- in this transaction, checked at commit). tg_argv[0] is the machine.
create function status_step() returns trigger language plpgsql as $$
begin
    if new.status <> old.status and not exists (
        select from lifecycle l where l.machine = tg_argv[0] and l.from_status = old.status and l.to_status = new.status) then
        raise exception '% cannot go from % to %', tg_argv[0], old.status, new.status using errcode = 'AL002';
    end if;
    return new;
end $$;

create function status_history() returns trigger language plpgsql as $$
begin
    if tg_op = 'UPDATE' and new.status = old.status then
        return null;
    end if;
    if not exists (select from history h
                   where h.object_id = new.id and h.machine = tg_argv[0] and h.to_status = new.status
                     and h.from_status = case when tg_op = 'INSERT' then 'new' else old.status end
                     and h.transaction = pg_current_xact_id()) then
        raise exception '% % became % without history', tg_argv[0], new.id, new.status using errcode = 'AL003';
    end if;
    return null;
end $$;

create table idempotency_key (
    account_id  uuid not null references account,
    method      text not null,
    path        text not null,
    key         text not null check (char_length(key) between 8 and 128),
    body_sha256 char(64) not null,
    status      integer,
    media_type  text,
    location    text,
    version     bigint,
    body        text,
    created_at  timestamptz not null default clock_timestamp(),
    primary key (account_id, method, path, key)
);
create index idempotency_key_age on idempotency_key (created_at);
comment on table idempotency_key is 'Written in the transaction of its effect; kept 24 hours; only 2xx replies';

create table number_series (
    series text not null,
    year   integer not null,
    last   integer not null check (last > 0),
    primary key (series, year)
);
comment on table number_series is 'Gapless yearly numbers, taken in the transaction that uses them, never reused';

create table policy_version (
    id          uuid primary key,
    document_no text not null,
    title       text not null,
    issuer      text not null,
    issued_on   date not null,
    valid_from  date not null,
    valid_to    date,
    legal_basis text[] not null,
    exclude using gist (daterange(valid_from, valid_to, '[]') with &&)
);
comment on table policy_version is 'The measures (article 20): one version in force per date';

create table policy_article (
    policy_id uuid not null references policy_version,
    position  integer not null,
    id        text not null,
    chapter   text not null,
    text      text not null,
    primary key (policy_id, id)
);

create table parameter (
    key         text not null,
    value       text not null,
    valid_from  date not null,
    valid_to    date,
    document_no text,
    article     text not null,
    basis       text not null check (basis in ('S', 'I', 'S/I')),
    name        text not null,
    exclude using gist (key with =, daterange(valid_from, valid_to, '[]') with &&)
);
comment on table parameter is 'Adjustable numbers (article 20) with their periods; each decision stores those it used';

create table calendar_day (
    date       date primary key,
    is_workday boolean not null,
    source     text not null
);
comment on table calendar_day is 'State Council holiday notices; a day without a row is a working day from Monday to Friday';

create table notice (
    id             uuid primary key,
    recipient_kind text not null check (recipient_kind in ('role', 'organisation', 'recommender', 'expert', 'account')),
    recipient      text not null,
    kind           text not null,
    subject_kind   text not null,
    subject_id     uuid not null,
    due_on         date,
    key            text not null,
    created_at     timestamptz not null,
    constraint notice_once unique (recipient_kind, recipient, key)
);
create index notice_recipient on notice (recipient_kind, recipient, id desc);

create table schema_migration (
    version    integer primary key,
    name       text not null,
    sha256     char(64) not null,
    applied_at timestamptz not null default clock_timestamp()
);
comment on table schema_migration is 'The files of sql/migrations that this database has, with the checksum they had';

-- The wire forms, for lists that are built inside a row (json_agg). The row writer writes the same forms from plain columns.
create function money_json(bigint) returns json language sql immutable strict parallel safe as $$
    select json_build_object('amount',
        case when $1 < 0 then '-' else '' end || (abs($1) / 100)::text || '.' || lpad((abs($1) % 100)::text, 2, '0'),
        'currency', 'CNY')
$$;
comment on function money_json(bigint) is 'fen to the Money of the API';

create function instant_json(timestamptz) returns text language sql stable strict parallel safe as $$
    select to_char($1 at time zone 'Asia/Shanghai', 'YYYY-MM-DD"T"HH24:MI:SS.MS') || '+08:00'
$$;
comment on function instant_json(timestamptz) is 'The one form of an instant on the wire: 2015-05-19T09:00:00.000+08:00';

-- Yuan with two decimals, for the exports (the currency stands in a column of its own).
create function money_text(bigint) returns text language sql immutable strict parallel safe as $$
    select case when $1 < 0 then '-' else '' end || (abs($1) / 100)::text || '.' || lpad((abs($1) % 100)::text, 2, '0')
$$;

-- A text column of an export: spreadsheet programs take = + - @ for a formula. Only CSV is guarded (export.format is set by the service).
create function export_text(text) returns text language sql stable strict parallel safe as $$
    select case when $1 ~ '^[=+@\t\r-]' and current_setting('export.format', true) = 'csv' then '''' || $1 else $1 end
$$;
