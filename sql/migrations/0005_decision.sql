-- Official documents and recognition (articles 3(2), 13, 15): what the bureau issues, the alliances that it makes, their terms.

create table document (
    id              uuid primary key,
    machine         text not null generated always as ('DOC') stored,
    type            text not null check (type in ('recognition', 'fund_allocation', 'notice')),
    title           text not null check (char_length(title) between 2 and 200),
    legal_basis     text not null check (char_length(legal_basis) between 1 and 1000),
    body            text not null default '' check (char_length(body) <= 20000),
    drafted_by      uuid not null references account,
    edited_by       uuid references account,
    approved_by     uuid references account,
    approved_on     date,
    document_no     text check (document_no ~ '^[一-龥]{2,6}〔20[0-9]{2}〕[1-9][0-9]{0,3}号$'),
    issuing_agency  text generated always as (substring(document_no from '^([一-龥]+)〔')) stored,
    issuing_year    integer generated always as (substring(document_no from '〔(20[0-9]{2})〕')::integer) stored,
    issuing_serial  integer generated always as (substring(document_no from '〕([1-9][0-9]*)号$')::integer) stored,
    issued_by       uuid references account,
    issued_on       date,
    status          text not null default 'draft',
    version         bigint not null default 1,
    created_at      timestamptz not null,
    updated_at      timestamptz not null,
    foreign key (machine, status) references lifecycle_status,
    constraint document_id_type unique (id, type),
    constraint document_no_key unique (issuing_agency, issuing_year, issuing_serial),
    constraint document_approval check ((approved_by is null) = (approved_on is null)),
    constraint document_four_eyes check (approved_by not in (drafted_by, edited_by)),
    constraint document_registration check (num_nonnulls(document_no, issued_on, issued_by) in (0, 3)),
    constraint document_issue_year check (issuing_year = extract(year from issued_on)),
    constraint document_issue_date check (approved_on <= issued_on)
);
comment on table document is 'Official documents (article 13, 由市科技局发文予以认定): drafted, approved by another person, issued with a number';
comment on column document.drafted_by is 'who drafted; never the one who approves';
comment on column document.edited_by is 'who changed the draft last; never the one who approves';
comment on column document.document_no is '发文字号 in its one canonical form (GB/T 9704): agency, year in 〔〕, number without leading zero, 号';
create index document_list on document (created_at desc, id desc);
create index document_issued_list on document (issued_on desc, id desc) where status = 'issued';
create trigger document_step before update of status on document for each row execute function status_step('DOC');
create constraint trigger document_history after insert or update of status on document
    deferrable initially deferred for each row execute function status_history('DOC');

create function document_keep_issued() returns trigger language plpgsql as $$
begin
    if old.document_no is not null
       and (new.type, new.title, new.legal_basis, new.body, new.document_no, new.issued_on, new.issued_by, new.approved_by, new.approved_on)
           is distinct from
           (old.type, old.title, old.legal_basis, old.body, old.document_no, old.issued_on, old.issued_by, old.approved_by, old.approved_on) then
        raise exception 'document % is issued and cannot be changed', old.id using errcode = 'AL001';
    end if;
    return new;
end $$;
create trigger document_issued before update on document for each row execute function document_keep_issued();
create function document_has_number() returns trigger language plpgsql as $$
begin
    if exists (select from document d where d.id = new.id and d.status = 'issued' and d.document_no is null) then
        raise exception 'document % is issued without a number', new.id using errcode = 'AL001';
    end if;
    return null;
end $$;
create constraint trigger document_numbered after insert or update of status on document
    deferrable initially deferred for each row execute function document_has_number();
comment on function document_keep_issued() is 'The number and the words of an issued document are immutable (article 13)';

create table document_subject (
    id             uuid primary key,
    document_id    uuid not null,
    type           text not null,
    application_id uuid not null references application,
    round          integer not null,
    added_by       uuid references account,
    added_at       timestamptz not null,
    removed_at     timestamptz,
    foreign key (document_id, type) references document (id, type)
);
comment on table document_subject is 'What a document decides (article 13); a subject that was refused or sent back has left it (removed_at)';
create unique index document_subject_live_key on document_subject (application_id, round, type) where removed_at is null;
create index document_subject_document on document_subject (document_id) where removed_at is null;

create table alliance (
    id                      uuid primary key,
    machine                 text not null generated always as ('ALL') stored,
    number                  text constraint alliance_number_key unique check (number ~ '^WNLM-20[0-9]{2}-[0-9]{4,}$'),
    name                    text check (char_length(name) <= 200),
    name_key                text,
    industry_field          text references industry_field,
    industry_class          text,
    division_code           char(6),
    lead_organisation_id    uuid references organisation,
    host_organisation_id    uuid references organisation,
    recommender_id          uuid references recommender,
    recognised_on           date check (recognised_on >= date '2015-05-19'),
    recognition_document_id uuid references document,
    application_id          uuid,
    predecessor_id          uuid references alliance,
    status                  text not null default 'forming',
    is_public               boolean not null generated always as (status not in ('forming', 'discarded')) stored,
    version                 bigint not null default 1,
    created_at              timestamptz not null,
    updated_at              timestamptz not null,
    foreign key (machine, status) references lifecycle_status,
    constraint alliance_recognised check (status in ('forming', 'discarded') or num_nulls(number, name, name_key,
        industry_field, division_code, lead_organisation_id, host_organisation_id, recognised_on, recognition_document_id) = 0)
);
comment on table alliance is 'Alliances (articles 1, 13): forming from the application on and known to nobody outside; public from recognition';
comment on column alliance.number is 'WNLM-YYYY-NNNN, gapless per year, allocated in the recognising transaction';
comment on column alliance.division_code is 'domicile of the lead at recognition (article 4, 市域内)';
comment on column alliance.application_id is 'the application by which it was recognised';
comment on column alliance.predecessor_id is 'an earlier recognition that ended for good (article 15)';

-- Names are searched by pairs of characters: two Chinese characters must be enough, and a trigram needs three.
create function text_pairs(value text) returns text[] language sql immutable strict parallel safe as $$
    select coalesce(array_agg(distinct substr(value, i, 2)), '{}') from generate_series(1, greatest(char_length(value) - 1, 0)) i
$$;
create index alliance_name_pairs on alliance using gin (text_pairs(name_key)) where is_public;
create index alliance_public_list on alliance (recognised_on desc, id desc) where is_public;
create index alliance_field on alliance (industry_field, recognised_on desc, id desc) where is_public;
create index alliance_division on alliance (division_code, recognised_on desc, id desc) where is_public;
create index alliance_recommender on alliance (recommender_id, recognised_on desc, id desc);
create index alliance_lead on alliance (lead_organisation_id);
create index alliance_host on alliance (host_organisation_id);
create index alliance_document on alliance (recognition_document_id);
create trigger alliance_step before update of status on alliance for each row execute function status_step('ALL');
create constraint trigger alliance_history after insert or update of status on alliance
    deferrable initially deferred for each row execute function status_history('ALL');

alter table application add constraint application_alliance_fkey foreign key (alliance_id) references alliance;
alter table alliance add constraint alliance_application_fkey foreign key (application_id) references application;

create table alliance_member (
    alliance_id              uuid not null references alliance,
    position                 integer not null,
    credit_code              char(18) not null,
    name                     text not null,
    type                     text not null,
    division_code            char(6),
    legal_representative     text,
    independent_legal_person boolean not null default false,
    advantage                text,
    financing_service        text,
    is_lead                  boolean not null default false,
    is_core                  boolean not null default false,
    is_host                  boolean not null default false,
    joined_on                date not null,
    left_on                  date check (left_on >= joined_on),
    primary key (alliance_id, position)
);
comment on table alliance_member is 'Members (article 6(2)), copied from the frozen revision of the application at recognition';
create unique index alliance_member_live_key on alliance_member (alliance_id, credit_code) where left_on is null;
create unique index alliance_member_lead_key on alliance_member (alliance_id) where is_lead and left_on is null;
create unique index alliance_member_host_key on alliance_member (alliance_id) where is_host and left_on is null;
create index alliance_member_credit_code on alliance_member (credit_code) where left_on is null;

create table alliance_agreement (
    alliance_id     uuid not null references alliance,
    version         integer not null,
    application_id  uuid not null references application,
    revision        integer not null,
    snapshot_sha256 text not null,
    content         jsonb not null,
    in_force_from   date not null,
    primary key (alliance_id, version)
);
comment on table alliance_agreement is 'The signed agreement and its clauses (article 6(3), 6(6)), copied at recognition; never public';

create table alliance_signature (
    alliance_id uuid not null,
    version     integer not null,
    credit_code char(18) not null,
    signer      text,
    capacity    text,
    signed_on   date,
    sealed      boolean,
    primary key (alliance_id, version, credit_code),
    foreign key (alliance_id, version) references alliance_agreement
);
comment on table alliance_signature is 'Who signed the agreement for each member (article 6(3))';

create table alliance_task (
    alliance_id uuid not null,
    version     integer not null,
    credit_code char(18) not null,
    position    integer not null,
    text        text,
    task        text,
    work        text,
    primary key (alliance_id, version, credit_code, position),
    foreign key (alliance_id, version) references alliance_agreement
);
comment on table alliance_task is 'Division of tasks among the members (articles 6(3), 7, 9)';

create table alliance_body (
    alliance_id uuid not null references alliance,
    kind        text not null check (kind in ('council', 'advisory', 'standing', 'other')),
    position    integer not null,
    name        text,
    primary key (alliance_id, kind, position)
);
comment on table alliance_body is 'Council, expert advisory committee and standing bodies (article 6(4))';

create table body_person (
    alliance_id       uuid not null,
    kind              text not null,
    position          integer not null,
    seat              integer not null,
    name              text not null,
    credit_code       char(18),
    organisation_name text,
    post              text,
    full_time         boolean not null default false,
    from_on           date not null,
    to_on             date,
    primary key (alliance_id, kind, position, seat),
    foreign key (alliance_id, kind, position) references alliance_body
);
comment on table body_person is 'Persons of the bodies (article 6(4)); names are not public';

create table recognition_term (
    id                 uuid primary key,
    alliance_id        uuid not null references alliance,
    seq                integer not null check (seq > 0),
    start_on           date not null,
    due_on             date not null,
    submit_deadline_on date not null,
    calendar_assumed   boolean not null,
    document_id        uuid not null references document,
    created_at         timestamptz not null,
    constraint recognition_term_key unique (alliance_id, seq),
    check (start_on < due_on and due_on <= submit_deadline_on)
);
comment on table recognition_term is 'Terms of three years (article 15): anchored at recognised_on, not at the term before';
comment on column recognition_term.calendar_assumed is 'no official working-day calendar of that year was loaded: Monday to Friday was assumed';

-- AL-02 (article 15): whether the qualification holds on a day. Computed whenever it is read; no job has to run first.
create function alliance_is_qualified(status text, due_on date, submit_deadline_on date, as_of date)
returns boolean language sql immutable parallel safe as $$
    select coalesce(case status
        when 'recognised' then as_of <= submit_deadline_on
        when 'rereview_due' then as_of <= submit_deadline_on
        when 'in_rereview' then true
        when 'rectifying' then true
        when 'failed' then as_of <= due_on
        else false end, false)
$$;

create view alliance_reach (account_id, id, role) as
    select g.account_id, a.id, g.role from live_grant g cross join alliance a where g.role in ('officer', 'leader', 'auditor')
    union all
    select g.account_id, a.id, g.role from live_grant g join alliance a on a.recommender_id = g.recommender_id where a.is_public
    union all
    select g.account_id, a.id, g.role from live_grant g join alliance a on a.lead_organisation_id = g.organisation_id
    where g.role in ('lead', 'council')
    union all
    select g.account_id, a.id, g.role from live_grant g join alliance a on a.host_organisation_id = g.organisation_id
    where g.role in ('host', 'council')
    union all
    select g.account_id, m.alliance_id, g.role from live_grant g join organisation o on o.id = g.organisation_id
        join alliance_member m on m.credit_code = o.credit_code and m.left_on is null
    where g.role = 'member';
comment on view alliance_reach is 'Which account reaches which alliance beyond its public card, and in which role';

create view document_reach (account_id, id, role) as
    select g.account_id, d.id, g.role from live_grant g cross join document d where g.role in ('officer', 'leader', 'auditor');
comment on view document_reach is 'Which account reads documents that may not be issued yet; issued ones are public in part';
