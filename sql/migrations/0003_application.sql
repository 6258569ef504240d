-- Applications for recognition (articles 3(2), 4 to 11): the form and its frozen revisions, the points of a correction or
-- rectification, attachments, endorsements, and the waiver of a wrong credit code.

create table credit_code_waiver (
    id              uuid primary key,
    organisation_id uuid not null references organisation,
    reason          text not null check (char_length(reason) between 5 and 2000),
    attachment_id   uuid not null,
    maker_id        uuid not null references account,
    checker_id      uuid references account,
    confirmed_at    timestamptz,
    version         bigint not null default 1,
    created_at      timestamptz not null,
    updated_at      timestamptz not null,
    constraint credit_code_waiver_four_eyes check (checker_id <> maker_id),
    constraint credit_code_waiver_confirmed check ((checker_id is null) = (confirmed_at is null))
);
create unique index credit_code_waiver_open_key on credit_code_waiver (organisation_id) where confirmed_at is null;
create index credit_code_waiver_organisation on credit_code_waiver (organisation_id, id);
comment on table credit_code_waiver is 'A credit code whose check digit is wrong on the licence itself (article 6(2), AP-11): the officer makes the waiver with the scan, the leader confirms it';

create table application (
    id                       uuid primary key,
    number                   text not null constraint application_number_key unique,
    kind                     text not null check (kind in ('recognition', 'rereview')),
    alliance_id              uuid,
    predecessor_id           uuid,
    round                    integer not null default 1 check (round between 1 and 9),
    revision                 integer not null default 0 check (revision >= 0),
    origin                   text not null check (origin in ('self', 'county', 'dept', 'assoc')),
    designed_by_id           uuid references recommender,
    recommender_id           uuid references recommender,
    lead_organisation_id     uuid not null references organisation,
    host_credit_code         text check (char_length(host_credit_code) <= 18),
    name                     text not null check (char_length(name) between 1 and 200),
    name_key                 text not null,
    industry_field           text references industry_field,
    industry_class           text check (industry_class in ('strategic_emerging', 'pillar', 'other')),
    form                     jsonb not null default '{}' check (jsonb_typeof(form) = 'object'),
    snapshot_sha256          char(64),
    first_submitted_on       date,
    submitted_on             date,
    accepted_on              date,
    accepted_late            boolean,
    acceptance_checklist     jsonb,
    due_on                   date,
    proposer_account_id      uuid references account,
    proposal                 text,
    override_reason          text,
    proposed_at              timestamptz,
    machine                  text generated always as ('APP') stored,
    status                   text not null,
    version                  bigint not null default 1,
    created_by               uuid references account,
    created_at               timestamptz not null,
    updated_at               timestamptz not null,
    foreign key (machine, status) references lifecycle_status (machine, status),
    constraint application_not_before_measures check (first_submitted_on >= date '2015-05-19'),
    constraint application_origin_unit check ((origin = 'self') = (designed_by_id is null))
);
comment on table application is 'Application form 认定申请表 and its way through articles 10, 11, 12 and 13';
comment on column application.origin is 'Who designed the alliance (article 10, 设计和推荐联盟)';
comment on column application.designed_by_id is 'The recommending unit that made the draft (article 10)';
comment on column application.due_on is 'Last day of a correction, of a resubmission after a return, or of a rectification';
comment on column application.form is 'Sections A to O of the form; typed by ApplicationForm in openapi.yaml';
comment on column application.accepted_late is 'Accepted later than the five working days after endorsement: a flag, never a block';
create trigger application_step before update of status on application for each row execute function status_step('APP');
create constraint trigger application_history after insert or update of status on application deferrable initially deferred for each row execute function status_history('APP');

-- Open means filed and not ended. A draft is nobody's claim: of two drafts of one name the first to be filed holds it (AP-02).
create unique index application_open_name_key on application (name_key)
    where status in ('submitted', 'returned', 'endorsed', 'correction', 'accepted', 'evaluating', 'evaluated', 'rectifying', 'decision_pending', 'approved');
create unique index application_open_alliance_key on application (alliance_id)
    where alliance_id is not null and status not in ('recognised', 'declined', 'expired', 'rejected_formal', 'refused', 'withdrawn');
create index application_page on application (created_at desc, id desc);
create index application_recommender on application (recommender_id, created_at desc, id desc);
create index application_lead on application (lead_organisation_id, created_at desc, id desc);
create index application_status on application (status, created_at desc, id desc);
create index application_due on application (due_on) where due_on is not null;
create index application_host on application (host_credit_code);
create index application_members on application using gin ((form -> 'members') jsonb_path_ops);

create table application_revision (
    application_id  uuid not null references application,
    revision        integer not null check (revision > 0),
    form            jsonb not null,
    head            jsonb not null,
    attachments     jsonb not null,
    snapshot_sha256 char(64) not null,
    at              timestamptz not null,
    primary key (application_id, revision)
);
comment on table application_revision is 'What was filed, as it was filed (article 11): canonical JSON of form, head and attachment hashes under one SHA-256; append-only';
create trigger application_revision_append_only before update or delete on application_revision for each row execute function refuse_change();
create trigger application_revision_no_truncate before truncate on application_revision for each statement execute function refuse_change();

create table application_point (
    id             uuid primary key,
    application_id uuid not null references application,
    kind           text not null check (kind in ('correction', 'rectification')),
    revision       integer not null check (revision > 0),
    position       integer not null check (position > 0),
    text           text not null check (char_length(text) between 2 and 2000),
    pointer        text check (char_length(pointer) <= 300),
    answer         text check (char_length(answer) between 1 and 4000),
    asked_at       timestamptz not null,
    answered_at    timestamptz,
    constraint application_point_answered check ((answer is null) = (answered_at is null)),
    unique (application_id, kind, revision, position)
);
comment on table application_point is 'One list of everything to be mended (一次告知): of a correction (article 11) or of a rectification (articles 12, 15), each with its answer';

create table attachment (
    id           uuid primary key,
    subject_kind text not null check (subject_kind in ('application', 'document', 'organisation')),
    subject_id   uuid not null,
    kind         text not null check (kind in ('application_form', 'agreement', 'charter', 'council_resolution', 'legal_person_proof',
        'lead_backbone_evidence', 'construction_plan', 'annual_plan', 'technology_roadmap', 'fund_measures', 'recommender_opinion',
        'compliance_declaration', 'feasibility_report', 'business_licence', 'document_scan', 'other')),
    title        text not null check (char_length(title) between 1 and 200),
    media_type   text not null check (media_type in ('application/pdf', 'image/jpeg', 'image/png', 'image/tiff',
        'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
        'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet', 'application/ofd', 'text/plain')),
    bytes        bigint not null check (bytes between 1 and 1073741824),
    sha256       char(64) not null check (sha256 ~ '^[0-9a-f]{64}$'),
    uploaded_by  uuid references account,
    uploaded_as  text not null,
    complete_at  timestamptz,
    discarded_at timestamptz,
    version      bigint not null default 1,
    created_at   timestamptz not null,
    updated_at   timestamptz not null,
    constraint attachment_complete_or_discarded check (complete_at is null or discarded_at is null)
);
create index attachment_open on attachment (created_at) where complete_at is null and discarded_at is null;
create index attachment_subject on attachment (subject_kind, subject_id, id);
comment on table attachment is 'Scans and papers of a file (article 11, 报送资料). The declared size and SHA-256 are verified over all parts before it counts; the newest complete one of a kind is the valid one';
comment on column attachment.discarded_at is 'Announced, but not complete within a day: its parts are gone and nobody reads it any more';

create table attachment_part (
    attachment_id uuid not null references attachment,
    n             integer not null check (n between 1 and 1024),
    content       bytea not null check (octet_length(content) between 1 and 1048576),
    primary key (attachment_id, n)
);
alter table attachment_part alter column content set storage external;
comment on table attachment_part is 'Content in parts of at most 1 MiB, so that neither upload nor download holds a whole file';

-- A complete attachment is evidence: its content does not change any more. A discarded one takes no part any more.
create function attachment_part_frozen() returns trigger language plpgsql as $$
begin
    if exists (select from attachment a where a.id = coalesce(new.attachment_id, old.attachment_id)
               and (a.complete_at is not null or a.discarded_at is not null and tg_op <> 'DELETE')) then
        raise exception 'attachment % is complete or discarded', coalesce(new.attachment_id, old.attachment_id) using errcode = 'AL001';
    end if;
    return coalesce(new, old);
end $$;
create trigger attachment_part_frozen before insert or update or delete on attachment_part for each row execute function attachment_part_frozen();

-- The service deletes nothing: what a discarded attachment had of its content goes with the owner's rights, and only then.
create function attachment_discard() returns trigger language plpgsql security definer as $$
begin
    delete from attachment_part where attachment_id = new.id;
    return null;
end $$;
create trigger attachment_discard after update of discarded_at on attachment for each row
    when (old.discarded_at is null and new.discarded_at is not null) execute function attachment_discard();

alter table credit_code_waiver add foreign key (attachment_id) references attachment;

create table endorsement (
    id             uuid primary key,
    application_id uuid not null references application,
    revision       integer not null check (revision > 0),
    recommender_id uuid not null references recommender,
    requested_on   date not null,
    due_on         date not null,
    overdue        boolean not null default false,
    opinion        text check (opinion in ('sign', 'return', 'decline')),
    opinion_text   text check (char_length(opinion_text) <= 4000),
    basis          text check (basis in ('regional_upgrading', 'industry_innovation')),
    signer         text check (char_length(signer) <= 100),
    post           text check (char_length(post) <= 100),
    signed_on      date,
    checklist      jsonb,
    attachment_id  uuid references attachment,
    signed_by      uuid references account,
    machine        text generated always as ('END') stored,
    status         text not null,
    version        bigint not null default 1,
    created_at     timestamptz not null,
    updated_at     timestamptz not null,
    foreign key (machine, status) references lifecycle_status (machine, status),
    constraint endorsement_revision_fkey foreign key (application_id, revision) references application_revision (application_id, revision),
    constraint endorsement_signed check (status not in ('signed', 'superseded') or (opinion = 'sign' and signer is not null and post is not null
        and signed_on is not null and char_length(opinion_text) >= 10 and attachment_id is not null))
);
create unique index endorsement_open_key on endorsement (application_id) where status in ('requested', 'signed');
create index endorsement_application on endorsement (application_id, id);
create index endorsement_recommender on endorsement (recommender_id, created_at desc, id desc);
create index endorsement_due on endorsement (due_on) where status = 'requested' and not overdue;
comment on table endorsement is 'Opinion of the recommending unit (articles 10, 11): one record per request; a signed one is never changed, only superseded';
comment on column endorsement.basis is 'Article 10: county units work for regional upgrading, departments and associations for an industry''s innovation problems';
comment on column endorsement.checklist is 'The three phrases of article 4 and the confirmation that the lead is a backbone enterprise';
create trigger endorsement_step before update of status on endorsement for each row execute function status_step('END');
create constraint trigger endorsement_history after insert or update of status on endorsement deferrable initially deferred for each row execute function status_history('END');

-- A signed opinion is immutable but for its status and version.
create function endorsement_immutable() returns trigger language plpgsql as $$
begin
    if old.status <> 'requested' and (new.opinion, new.opinion_text, new.signer, new.post, new.signed_on, new.checklist, new.attachment_id, new.signed_by)
        is distinct from (old.opinion, old.opinion_text, old.signer, old.post, old.signed_on, old.checklist, old.attachment_id, old.signed_by) then
        raise exception 'endorsement % is settled', old.id using errcode = 'AL001';
    end if;
    return new;
end $$;
create trigger endorsement_immutable before update on endorsement for each row execute function endorsement_immutable();

-- Reach ---------------------------------------------------------------------------------------------------------------

create view live_grant as
    select g.account_id, g.role, g.organisation_id, g.recommender_id, g.expert_id
    from account_grant g join account a on a.id = g.account_id
    where g.revoked_at is null and a.disabled_at is null;
comment on view live_grant is 'Grants that count: not revoked, of an account that is not disabled';

create view organisation_grant_reach (account_id, id, role) as
    select g.account_id, o.id, g.role from live_grant g join organisation o on o.id = g.organisation_id
    union all
    select g.account_id, o.id, g.role from live_grant g cross join organisation o where g.role in ('officer', 'leader', 'finance', 'auditor')
    union all
    select g.account_id, o.id, g.role from live_grant g join organisation o on o.administering_unit_id = g.recommender_id
    union all
    select g.account_id, a.lead_organisation_id, g.role from live_grant g join application a on a.recommender_id = g.recommender_id
    where a.first_submitted_on is not null;
comment on view organisation_grant_reach is 'Which account reaches which organisation by what it was granted';

create view organisation_reach (account_id, id, role) as
    select account_id, id, role from organisation_grant_reach
    union all
    select g.account_id, o.id, g.role from live_grant g join organisation o on o.created_by = g.account_id where g.role in ('lead', 'host', 'member');
comment on view organisation_reach is 'Which account reads which organisation: by a grant, or because it registered it; who changes it is organisation_write_reach';

-- The parties and the bureau. The experts are added by the view application_reach, which the evaluation's migration replaces.
create view application_party_reach (account_id, id, role) as
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
        join application a on (a.form -> 'members') @> jsonb_build_array(jsonb_build_object('credit_code', o.credit_code))
    where g.role = 'member' and a.first_submitted_on is not null;

create view application_reach (account_id, id, role) as
    select account_id, id, role from application_party_reach;

create view endorsement_party_reach (account_id, id, role) as
    select g.account_id, e.id, g.role from live_grant g cross join endorsement e where g.role in ('officer', 'leader', 'auditor')
    union all
    select g.account_id, e.id, g.role from live_grant g join endorsement e on e.recommender_id = g.recommender_id
    union all
    select g.account_id, e.id, g.role from live_grant g join application a on a.lead_organisation_id = g.organisation_id
        join endorsement e on e.application_id = a.id
    where g.role in ('lead', 'council');

create view endorsement_reach (account_id, id, role) as
    select account_id, id, role from endorsement_party_reach
    union all
    select r.account_id, e.id, r.role from application_reach r join endorsement e on e.application_id = r.id where r.role = 'expert';
