-- Evaluation by experts (articles 12, 13, 17): the expert database, panels by field, sealed score sheets.

create table expert (
    id                       uuid primary key,
    machine                  text not null generated always as ('EXP') stored,
    name                     text not null check (char_length(name) between 2 and 100),
    name_key                 text not null,
    employer_credit_code     char(18) not null,
    employer_name            text not null check (char_length(employer_name) between 2 and 200),
    title_rank               text not null check (title_rank in ('senior', 'associate_senior', 'equivalent', 'intermediate', 'junior')),
    title                    text check (char_length(title) <= 100),
    fields                   text[] not null check (cardinality(fields) <= 16),
    kind                     text not null check (kind in ('technical', 'finance', 'management')),
    consent_on               date,
    integrity_record         text check (char_length(integrity_record) between 1 and 1000),
    nominated_by_alliance_id uuid,
    valid_until              date,
    status                   text not null default 'review',
    version                  bigint not null default 1,
    created_by               uuid references account,
    created_at               timestamptz not null,
    updated_at               timestamptz not null,
    foreign key (machine, status) references lifecycle_status,
    constraint expert_active_is_valid check (status <> 'active' or consent_on is not null)
);
comment on table expert is 'The expert database of the bureau (article 17, 市科技局专家库); no identity number and no contact is kept';
comment on column expert.fields is 'codes of industry_field (article 13, 按所属领域)';
comment on column expert.consent_on is 'the day on which the person agreed to be in the database (EX-01)';
comment on column expert.integrity_record is 'a known breach of research integrity; blocks admission (EX-02)';
comment on column expert.nominated_by_alliance_id is 'the alliance that recommended the expert (article 17); never evaluates it (COI-6)';
create index expert_list on expert (created_at desc, id desc);
create index expert_name on expert (name_key);
create trigger expert_step before update of status on expert for each row execute function status_step('EXP');
create constraint trigger expert_history after insert or update of status on expert
    deferrable initially deferred for each row execute function status_history('EXP');

create table expert_employment (
    expert_id     uuid not null references expert,
    credit_code   char(18) not null,
    employer_name text not null check (char_length(employer_name) between 2 and 200),
    from_on       date not null,
    to_on         date check (to_on >= from_on),
    primary key (expert_id, credit_code, from_on)
);
comment on table expert_employment is 'Where an expert works and worked (article 13): an employer of the last 36 months is a conflict (COI-1)';
create unique index expert_employment_present_key on expert_employment (expert_id) where to_on is null;

alter table account_grant add constraint account_grant_expert_fkey foreign key (expert_id) references expert;

-- One number for each of the eight criteria of article 12, in their order.
create function criteria_are_scores(jsonb) returns boolean language sql immutable parallel safe as $$
    select jsonb_typeof($1) = 'object' and not exists (
        select from jsonb_each($1) s
         where s.key !~ '^C[1-8]$'
            or jsonb_typeof(s.value) <> 'number'
            or s.value #>> '{}' !~ '^([0-9]|[1-9][0-9]|100)$')
$$;
comment on function criteria_are_scores(jsonb) is 'Only C1 to C8, each an integer from 0 to 100 (EV-07)';

create function weights_are_whole(integer[]) returns boolean language sql immutable parallel safe as $$
    select cardinality($1) = 8 and array_position($1, null) is null and 0 <= all ($1)
       and (select sum(w) from unnest($1) w) = 10000
$$;
comment on function weights_are_whole(integer[]) is 'Eight weights in basis points that sum to 10000 (EV-06)';

create table panel (
    id                uuid primary key,
    machine           text not null generated always as ('PANEL') stored,
    application_id    uuid not null references application,
    round             integer not null check (round > 0),
    revision          integer,
    industry_field    text not null references industry_field,
    rubric_version    text not null,
    weights           integer[] not null check (weights_are_whole(weights)),
    material_sha256   text check (material_sha256 ~ '^[0-9a-f]{64}$'),
    parameters        jsonb,
    chair_expert_id   uuid references expert,
    constituted_on    date,
    due_on            date,
    closed_at         timestamptz,
    concluded_on      date,
    result            text check (result in ('recognise', 'revise', 'reject')),
    mean_hundredths   integer check (mean_hundredths between 0 and 10000),
    criterion_means   integer[] check (cardinality(criterion_means) = 8 and 0 <= all (criterion_means) and 10000 >= all (criterion_means)),
    sheets_counted    integer check (sheets_counted > 0),
    sheets_kept       integer check (sheets_kept between 1 and sheets_counted),
    votes_recognise   integer check (votes_recognise >= 0),
    votes_revise      integer check (votes_revise >= 0),
    votes_reject      integer check (votes_reject >= 0),
    policy_objections integer check (policy_objections >= 0),
    dispersion_alert  boolean,
    opinion           text check (char_length(opinion) between 20 and 20000),
    dispersion_note   text check (char_length(dispersion_note) <= 4000),
    status            text not null default 'draft',
    version           bigint not null default 1,
    created_by        uuid references account,
    created_at        timestamptz not null,
    updated_at        timestamptz not null,
    foreign key (machine, status) references lifecycle_status,
    constraint panel_aggregate check (num_nulls(closed_at, result, mean_hundredths, criterion_means, sheets_counted, sheets_kept,
        votes_recognise, votes_revise, votes_reject, policy_objections, dispersion_alert) in (0, 11)),
    constraint panel_votes check (votes_recognise + votes_revise + votes_reject = sheets_counted),
    constraint panel_frozen check (num_nulls(revision, material_sha256, parameters, chair_expert_id, constituted_on) in (0, 5))
);
comment on table panel is 'Expert panels (article 13, 按所属领域组织专家进行论证); the aggregate of article 12 is stored at closing';
comment on column panel.weights is 'basis points of C1 to C8 (article 12), frozen for this panel (EV-06)';
comment on column panel.parameters is 'the numbers in force at constitution; closing computes with these (EV-08 to EV-12)';
comment on column panel.material_sha256 is 'snapshot of the application revision that the experts read';
comment on column panel.closed_at is 'until then nobody but its author reads a sheet (EV-13)';
comment on column panel.mean_hundredths is 'hundredths of a point';
create unique index panel_live_key on panel (application_id, round) where status <> 'voided';
create index panel_list on panel (created_at desc, id desc);
create index panel_application on panel (application_id, created_at desc);
create trigger panel_step before update of status on panel for each row execute function status_step('PANEL');
create constraint trigger panel_history after insert or update of status on panel
    deferrable initially deferred for each row execute function status_history('PANEL');

-- The step is made before its effects, so that what a status demands is checked at commit.
create function panel_at_commit() returns trigger language plpgsql as $$
declare
    now_so panel;
begin
    select * into now_so from panel where id = new.id;
    if now_so.status in ('constituted', 'scoring', 'closed', 'concluded') and now_so.constituted_on is null
       or now_so.status in ('scoring', 'closed', 'concluded') and now_so.due_on is null
       or now_so.status in ('closed', 'concluded') and now_so.closed_at is null
       or now_so.status in ('draft', 'constituted', 'scoring') and now_so.closed_at is not null
       or now_so.status = 'concluded' and (now_so.opinion is null or now_so.concluded_on is null) then
        raise exception 'panel % is % and incomplete', now_so.id, now_so.status using errcode = 'AL004';
    end if;
    return null;
end $$;
comment on function panel_at_commit() is 'A panel has what its status demands (articles 12, 13)';
create constraint trigger panel_complete after insert or update on panel
    deferrable initially deferred for each row execute function panel_at_commit();

-- What was aggregated, and on which terms, stays as it was.
create function panel_keep() returns trigger language plpgsql as $$
begin
    if old.constituted_on is not null and (new.revision, new.material_sha256, new.parameters, new.weights, new.constituted_on)
           is distinct from (old.revision, old.material_sha256, old.parameters, old.weights, old.constituted_on)
       or old.closed_at is not null and (new.closed_at, new.result, new.mean_hundredths, new.criterion_means, new.sheets_counted, new.chair_expert_id)
           is distinct from (old.closed_at, old.result, old.mean_hundredths, old.criterion_means, old.sheets_counted, old.chair_expert_id)
       or old.opinion is not null and (new.opinion, new.dispersion_note) is distinct from (old.opinion, old.dispersion_note) then
        raise exception 'panel % cannot be changed any more', old.id using errcode = 'AL001';
    end if;
    return new;
end $$;
create trigger panel_keep before update on panel for each row execute function panel_keep();
comment on function panel_keep() is 'Material, weights and parameters are frozen at constitution, the aggregate at closing, the opinion at conclusion';

create table panel_chair (
    panel_id   uuid not null references panel,
    seq        integer not null check (seq > 0),
    expert_id  uuid not null references expert,
    named_by   uuid references account,
    named_at   timestamptz not null,
    reason     text,
    primary key (panel_id, seq)
);
comment on table panel_chair is 'Who chaired from when on (article 13); a replacement adds a row';
create trigger panel_chair_append_only before update or delete on panel_chair for each row execute function refuse_change();
create trigger panel_chair_no_truncate before truncate on panel_chair for each statement execute function refuse_change();

create table sheet (
    id               uuid primary key,
    machine          text not null generated always as ('SHEET') stored,
    panel_id         uuid not null references panel,
    expert_id        uuid not null references expert,
    invited_on       date not null,
    answer_due_on    date not null check (answer_due_on >= invited_on),
    declaration      jsonb,
    declared_at      timestamptz,
    scores           jsonb not null default '{}' check (criteria_are_scores(scores)),
    comments         jsonb not null default '{}' check (jsonb_typeof(comments) = 'object'),
    answers          jsonb not null default '{}' check (jsonb_typeof(answers) = 'object'),
    vote             text check (vote in ('recognise', 'revise', 'reject')),
    policy_compliant boolean,
    autosave_version bigint not null default 1,
    autosaved_at     timestamptz,
    total_hundredths integer check (total_hundredths between 0 and 10000),
    submitted_at     timestamptz,
    sha256           text check (sha256 ~ '^[0-9a-f]{64}$'),
    status           text not null default 'invited',
    version          bigint not null default 1,
    created_at       timestamptz not null,
    updated_at       timestamptz not null,
    foreign key (machine, status) references lifecycle_status,
    constraint sheet_declared check ((declaration is null) = (declared_at is null)),
    constraint sheet_frozen check (num_nulls(total_hundredths, submitted_at, sha256) in (0, 3)),
    constraint sheet_submitted check (submitted_at is null or vote is not null and policy_compliant is not null
        and scores ?& array['C1', 'C2', 'C3', 'C4', 'C5', 'C6', 'C7', 'C8'])
);
comment on table sheet is 'Invitations and score sheets (articles 12, 13): one expert in one panel; sealed until the panel is closed (EV-13)';
comment on column sheet.declaration is 'the signed declaration of conflicts (COI-3 to COI-5)';
comment on column sheet.version is 'moves with the steps that the bureau may see; an autosave and the submission do not move it';
comment on column sheet.autosave_version is 'what the author works with; moves with every step and every autosave';
comment on column sheet.updated_at is 'last step that the bureau may see';
comment on column sheet.total_hundredths is 'EV-08, hundredths of a point';
comment on column sheet.sha256 is 'over the frozen content, its panel and the material';
create unique index sheet_live_key on sheet (panel_id, expert_id) where status not in ('declined', 'recused', 'replaced');
create index sheet_panel on sheet (panel_id, id);
create index sheet_expert on sheet (expert_id, id desc);
create index sheet_answer_due on sheet (answer_due_on) where status = 'invited';
create trigger sheet_step before update of status on sheet for each row execute function status_step('SHEET');
create constraint trigger sheet_history after insert or update of status on sheet
    deferrable initially deferred for each row execute function status_history('SHEET');

create function sheet_keep() returns trigger language plpgsql as $$
begin
    if (new.panel_id, new.expert_id) is distinct from (old.panel_id, old.expert_id)
       or old.sha256 is not null
          and (new.scores, new.comments, new.answers, new.vote, new.policy_compliant, new.total_hundredths, new.submitted_at, new.sha256)
              is distinct from
              (old.scores, old.comments, old.answers, old.vote, old.policy_compliant, old.total_hundredths, old.submitted_at, old.sha256)
       or old.status not in ('accepted', 'scoring')
          and (new.scores, new.comments, new.answers, new.vote, new.policy_compliant)
              is distinct from (old.scores, old.comments, old.answers, old.vote, old.policy_compliant) then
        raise exception 'sheet % cannot be changed any more', old.id using errcode = 'AL001';
    end if;
    return new;
end $$;
create trigger sheet_keep before update on sheet for each row execute function sheet_keep();
comment on function sheet_keep() is 'A submitted sheet is frozen; only an accepted one can be written (article 12)';

create table avoided_expert (
    id             uuid primary key,
    application_id uuid not null references application,
    position       integer not null check (position between 1 and 3),
    name           text not null check (char_length(name) between 2 and 100),
    name_key       text not null,
    employer_name  text check (char_length(employer_name) <= 200),
    reason         text not null check (char_length(reason) between 5 and 1000),
    named_by       uuid references account,
    named_at       timestamptz not null,
    withdrawn_at   timestamptz
);
create unique index avoided_expert_key on avoided_expert (application_id, position) where withdrawn_at is null;
comment on table avoided_expert is 'Experts whom the applicant asks to avoid, with reasons (article 13; COI-7): the officer decides; a new list withdraws the old one';

-- Everything below decides who learns what. A sheet is sealed while its panel has not been closed; a panel voided before that
-- keeps its sheets sealed for good.
create view sheet_sealed as
    select s.id, s.panel_id from sheet s join panel p on p.id = s.panel_id where p.closed_at is null;
comment on view sheet_sealed is 'Sheets that nobody but their author may read, nor anything derived from them (EV-13)';

create view panel_reach (account_id, id, role) as
    select g.account_id, p.id, g.role from live_grant g cross join panel p where g.role in ('officer', 'leader', 'auditor')
    union all
    select g.account_id, p.id, g.role from live_grant g join application a on a.recommender_id = g.recommender_id
        join panel p on p.application_id = a.id
    union all
    select g.account_id, p.id, g.role from live_grant g join application a on a.lead_organisation_id = g.organisation_id
        join panel p on p.application_id = a.id
    where g.role in ('lead', 'council')
    union all
    select g.account_id, s.panel_id, g.role from live_grant g join sheet s on s.expert_id = g.expert_id
    where s.status in ('accepted', 'scoring', 'submitted');
comment on view panel_reach is 'Which account reaches which panel, and in which role; how much of it the role sees is decided by panel_get';

create view sheet_reach (account_id, id, role) as
    select g.account_id, s.id, g.role from live_grant g join sheet s on s.expert_id = g.expert_id
    union all
    select g.account_id, s.id, g.role from live_grant g cross join sheet s where g.role = 'officer'
    union all
    select g.account_id, s.id, g.role from live_grant g cross join sheet s join panel p on p.id = s.panel_id
    where g.role in ('leader', 'auditor') and p.closed_at is not null;
comment on view sheet_reach is 'Its author; the officer, who sees the invitation alone until the panel is closed; leader and auditor from then on (EV-13)';

create view expert_reach (account_id, id, role) as
    select g.account_id, e.id, g.role from live_grant g cross join expert e where g.role in ('officer', 'leader', 'auditor')
    union all
    select g.account_id, g.expert_id, g.role from live_grant g where g.expert_id is not null;
comment on view expert_reach is 'Which account reaches which record of the expert database';

-- Experts read the application of their panel once they have accepted (article 13; assigned).
create or replace view application_reach (account_id, id, role) as
    select account_id, id, role from application_party_reach
    union all
    select r.account_id, p.application_id, r.role from panel_reach r join panel p on p.id = r.id where r.role = 'expert';
