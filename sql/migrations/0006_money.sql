-- Money (articles 6(5) and 16): schemes, budget lines, awards, payments, and the double-entry journal behind them.
-- The database itself keeps the caps: reservations are a column of the award under its row lock, balances a table that only the
-- journal's own triggers may change, both with CHECKs. Nothing here can be changed once it is booked; a correction is a reversal.
-- Lock order everywhere: budget line, award, payment, journal_head.

create table award_scheme (
    id           uuid primary key,
    kind         text not null check (kind in ('recognition')),
    fiscal_year  integer not null check (fiscal_year between 2015 and 2100),
    amount       bigint not null check (amount > 0),
    document_no  text not null check (char_length(document_no) between 5 and 60),
    proposed_by  uuid not null references account,
    confirmed_by uuid references account,
    confirmed_at timestamptz,
    status       text not null default 'proposed' check (status in ('proposed', 'confirmed')),
    version      bigint not null default 1,
    created_at   timestamptz not null,
    updated_at   timestamptz not null,
    constraint award_scheme_four_eyes check (confirmed_by <> proposed_by),
    constraint award_scheme_confirmed check ((status = 'confirmed') = (confirmed_by is not null))
);
create unique index award_scheme_year_key on award_scheme (kind, fiscal_year) where status = 'confirmed';
comment on table award_scheme is 'Article 16 (给予一定的科研经费资助): the amount per kind and year, proposed by finance, confirmed by the leader';
comment on column award_scheme.amount is 'fen';

create table budget_line (
    id          uuid primary key,
    fiscal_year integer not null check (fiscal_year between 2015 and 2100),
    kind        text not null check (kind in ('recognition_award')),
    cap         bigint not null check (cap > 0),
    carry_over  boolean not null,
    document_no text check (char_length(document_no) between 5 and 60),
    drafted_by  uuid not null references account,
    approved_by uuid references account,
    machine     text generated always as ('BUD') stored,
    status      text not null,
    version     bigint not null default 1,
    created_at  timestamptz not null,
    updated_at  timestamptz not null,
    foreign key (machine, status) references lifecycle_status (machine, status),
    constraint budget_line_year_key unique (fiscal_year, kind),
    constraint budget_line_four_eyes check (approved_by <> drafted_by)
);
comment on table budget_line is 'Article 16: what may be committed in a fiscal year; one line per year and kind (FU-12)';
comment on column budget_line.cap is 'fen';
create trigger budget_line_step before update of status on budget_line for each row execute function status_step('BUD');
create constraint trigger budget_line_history after insert or update of status on budget_line deferrable initially deferred
    for each row execute function status_history('BUD');

create table budget_adjustment (
    id             uuid primary key,
    budget_line_id uuid not null references budget_line,
    cap            bigint not null check (cap > 0),
    document_no    text not null check (char_length(document_no) between 5 and 60),
    reason         text check (char_length(reason) <= 4000),
    proposed_by    uuid not null references account,
    decided_by     uuid references account,
    decided_at     timestamptz,
    status         text not null default 'pending' check (status in ('pending', 'booked', 'superseded')),
    created_at     timestamptz not null,
    constraint budget_adjustment_four_eyes check (decided_by <> proposed_by),
    constraint budget_adjustment_booked check (num_nonnulls(decided_by, decided_at) = case status when 'booked' then 2 else 0 end)
);
create unique index budget_adjustment_pending_key on budget_adjustment (budget_line_id) where status = 'pending';
comment on table budget_adjustment is 'Article 20: a new cap that finance proposes by document and the leader books; a newer proposal supersedes it';
comment on column budget_adjustment.cap is 'fen';

create function budget_adjustment_frozen() returns trigger language plpgsql as $$
begin
    if old.status <> 'pending' or (new.budget_line_id, new.cap, new.document_no, new.reason, new.proposed_by)
        is distinct from (old.budget_line_id, old.cap, old.document_no, old.reason, old.proposed_by) then
        raise exception 'a proposal for a budget stays as it was made' using errcode = 'AL001';
    end if;
    return new;
end $$;
create trigger budget_adjustment_frozen before update on budget_adjustment for each row execute function budget_adjustment_frozen();

create table award (
    id                    uuid primary key,
    number                text not null constraint award_number_key unique,
    kind                  text not null check (kind in ('recognition')),
    alliance_id           uuid not null references alliance,
    application_id        uuid not null references application,
    document_id           uuid not null references document,
    budget_line_id        uuid references budget_line,
    scheme_id             uuid references award_scheme,
    payee_organisation_id uuid not null references organisation,
    payee_name            text,
    payee_credit_code     char(18),
    fiscal_year           integer not null check (fiscal_year between 2015 and 2100),
    amount                bigint check (amount > 0),
    reserved              bigint not null default 0,
    fund_document_no      text check (char_length(fund_document_no) between 5 and 60),
    proposed_by           uuid not null references account,
    approved_by           uuid references account,
    approved_on           date,
    machine               text generated always as ('AWD') stored,
    status                text not null,
    version               bigint not null default 1,
    created_at            timestamptz not null,
    updated_at            timestamptz not null,
    foreign key (machine, status) references lifecycle_status (machine, status),
    constraint award_four_eyes check (approved_by <> proposed_by),
    constraint award_scheme_amount check ((scheme_id is null) = (amount is null)),
    constraint award_reserved check (reserved between 0 and coalesce(amount, 0)),
    constraint award_payee_named check ((payee_name is null) = (payee_credit_code is null))
);
create unique index award_once_key on award (application_id, kind) where status <> 'cancelled';
create index award_alliance on award (alliance_id);
create index award_payee on award (payee_organisation_id);
create index award_budget_line on award (budget_line_id);
comment on table award is 'Article 16: the award to the host unit of a newly recognised alliance; one per recognition (FU-01)';
comment on column award.amount is 'fen; null until the scheme of the year is confirmed';
comment on column award.reserved is 'fen: payments prepared, confirmed and paid; kept by the trigger of payment alone, the service''s role cannot write it';
comment on column award.document_id is 'the document that recognised the alliance';
comment on column award.payee_organisation_id is 'host unit on the issue date of the document (FU-05)';
comment on column award.payee_name is 'as on the day of approval, with the credit code; a later change of the organisation does not reach the books';
comment on column award.fiscal_year is 'of the scheme: the year of the issue date';
create trigger award_step before update of status on award for each row execute function status_step('AWD');
create constraint trigger award_history after insert or update of status on award deferrable initially deferred
    for each row execute function status_history('AWD');

create function award_frozen() returns trigger language plpgsql as $$
begin
    if new.reserved <> old.reserved and pg_trigger_depth() = 1 then
        raise exception 'award.reserved follows from the payments' using errcode = 'AL001';
    end if;
    if old.status <> 'proposed' and (old.amount, old.payee_organisation_id, old.alliance_id, old.application_id, old.document_id)
        is distinct from (new.amount, new.payee_organisation_id, new.alliance_id, new.application_id, new.document_id) then
        raise exception 'award % is decided: its amount and payee stay', old.number using errcode = 'AL001';
    end if;
    if old.payee_name is not null and (old.payee_name, old.payee_credit_code) is distinct from (new.payee_name, new.payee_credit_code) then
        raise exception 'award % is decided: its payee keeps the name of that day', old.number using errcode = 'AL001';
    end if;
    return new;
end $$;
create trigger award_frozen before update on award for each row execute function award_frozen();

create table award_hold (
    id          uuid primary key,
    award_id    uuid not null references award,
    reason      text not null check (char_length(reason) between 1 and 2000),
    placed_by   uuid references account,
    placed_at   timestamptz not null,
    released_by uuid references account,
    released_at timestamptz,
    constraint award_hold_release check ((released_by is null) = (released_at is null))
);
create index award_hold_award on award_hold (award_id) where released_at is null;
comment on table award_hold is 'What holds payments of an award back (article 6(5)): checked when a payment is prepared and confirmed, never when it is booked';

create table payment (
    id             uuid primary key,
    number         text not null constraint payment_number_key unique,
    award_id       uuid not null references award,
    amount         bigint not null check (amount > 0),
    maker_id       uuid not null references account,
    confirmer_id   uuid references account,
    booker_id      uuid references account,
    reverser_id    uuid references account,
    replaces_id    uuid references payment,
    bank_account_id uuid,
    bank_reference text constraint payment_bank_reference_key unique check (char_length(bank_reference) between 1 and 64),
    paid_on        date,
    machine        text generated always as ('PAY') stored,
    status         text not null,
    version        bigint not null default 1,
    created_at     timestamptz not null,
    updated_at     timestamptz not null,
    foreign key (machine, status) references lifecycle_status (machine, status),
    constraint payment_four_eyes check (confirmer_id <> maker_id),
    constraint payment_third_hand check (reverser_id <> maker_id and reverser_id <> booker_id),
    constraint payment_booked check (num_nonnulls(booker_id, bank_reference, paid_on) in (0, 3))
);
create index payment_award on payment (award_id);
create unique index payment_replaces_key on payment (replaces_id) where status <> 'discarded';
comment on table payment is 'Payments of awards (articles 6(5), 16): made by one person, confirmed by another, booked from the bank''s reference';
comment on column payment.amount is 'fen';
comment on column payment.replaces_id is 'the reversed payment in whose place this one stands (FU-08)';
create trigger payment_step before update of status on payment for each row execute function status_step('PAY');
create constraint trigger payment_history after insert or update of status on payment deferrable initially deferred
    for each row execute function status_history('PAY');

-- prepared + confirmed + paid <= committed: the update takes the award's row lock and its CHECK judges. It runs as the owner: the
-- service's role has no right to write award.reserved.
create function payment_reserve() returns trigger language plpgsql security definer as $$
declare
    before bigint := 0;
    after  bigint := 0;
begin
    if tg_op in ('DELETE', 'TRUNCATE') then
        raise exception 'a payment is never deleted' using errcode = 'AL001';
    end if;
    if tg_op = 'UPDATE' then
        if (old.award_id, old.amount, old.maker_id) is distinct from (new.award_id, new.amount, new.maker_id) then
            raise exception 'a payment keeps its award, amount and maker' using errcode = 'AL001';
        end if;
        before := case when old.status in ('prepared', 'confirmed', 'paid') then old.amount else 0 end;
    end if;
    after := case when new.status in ('prepared', 'confirmed', 'paid') then new.amount else 0 end;
    if tg_op = 'INSERT' and not exists (select from award a where a.id = new.award_id and a.status in ('committed', 'disbursing')) then
        raise exception 'the award of payment % is not committed', new.number using errcode = 'AL002';
    end if;
    if after <> before then
        update award set reserved = reserved + after - before where id = new.award_id;
    end if;
    return new;
end $$;
create trigger payment_reserve before insert or update or delete on payment for each row execute function payment_reserve();
create trigger payment_no_truncate before truncate on payment for each statement execute function payment_reserve();

-- By the end of the transaction every step has left the hand that made it, and the journal says the same.
create function payment_hands() returns trigger language plpgsql as $$
declare
    p payment;
begin
    select * into p from payment where id = new.id;
    if p.status in ('confirmed', 'paid', 'reversed') and p.confirmer_id is null
        or p.status in ('paid', 'reversed') and p.booker_id is null
        or (p.status = 'reversed') <> (p.reverser_id is not null) then
        raise exception 'payment % lacks a hand for status %', p.number, p.status using errcode = 'AL002';
    end if;
    if (p.status in ('paid', 'reversed')) <> exists (
            select from journal_entry e join journal_line l on l.entry_id = e.id
             where e.payment_id = p.id and e.type = 'DISBURSE' and l.account = 'ADVANCE' and l.amount = p.amount)
        or (p.status = 'reversed') <> exists (select from journal_entry e where e.payment_id = p.id and e.type = 'REVERSAL') then
        raise exception 'payment % in status % is not what was booked', p.number, p.status using errcode = 'AL004';
    end if;
    return null;
end $$;
create constraint trigger payment_hands after insert or update on payment deferrable initially deferred
    for each row execute function payment_hands();

-- ---- the journal ----

create table journal_head (
    one      boolean primary key default true check (one),
    entry_no bigint not null,
    hash     bytea not null check (octet_length(hash) = 32)
);
comment on table journal_head is 'End of the hash chain; its row lock puts the entries into one order';
insert into journal_head (entry_no, hash) values (0, decode(repeat('00', 32), 'hex'));

create function journal_head_follow() returns trigger language plpgsql as $$
begin
    if tg_op <> 'UPDATE' or new.entry_no <> old.entry_no + 1
        or not exists (select from journal_entry e where e.entry_no = new.entry_no and e.hash = new.hash) then
        raise exception 'the head follows the journal' using errcode = 'AL001';
    end if;
    return new;
end $$;
create trigger journal_head_follow before insert or update or delete on journal_head for each row execute function journal_head_follow();
create trigger journal_head_no_truncate before truncate on journal_head for each statement execute function journal_head_follow();

create table journal_entry (
    id             uuid primary key,
    entry_no       bigint not null constraint journal_entry_no_key unique check (entry_no > 0),
    type           text not null check (type in ('BUDGET', 'COMMIT', 'DECOMMIT', 'DISBURSE', 'ACQUIT', 'REFUND_DEMAND', 'REFUND_RELEASE', 'REFUND_RECEIVED', 'REVERSAL')),
    booked_on      date not null,
    at             timestamptz not null,
    maker_id       uuid not null references account,
    checker_id     uuid references account,
    award_id       uuid references award,
    budget_line_id uuid not null references budget_line,
    payment_id     uuid references payment,
    payee_name     text,
    payee_credit_code char(18),
    document_no    text,
    reason         text,
    reverses_id    uuid constraint journal_entry_reverses_key unique references journal_entry,
    previous_hash  bytea not null check (octet_length(previous_hash) = 32),
    hash           bytea not null constraint journal_entry_hash_key unique check (octet_length(hash) = 32),
    constraint journal_entry_reversal check ((type = 'REVERSAL') = (reverses_id is not null)),
    constraint journal_entry_award check ((type = 'BUDGET') = (award_id is null)),
    constraint journal_entry_payee check (num_nulls(award_id, payee_name, payee_credit_code) in (0, 3)),
    constraint journal_entry_payment check (type not in ('DISBURSE') or payment_id is not null),
    constraint journal_entry_four_eyes check (
        coalesce(checker_id <> maker_id, type in ('DECOMMIT', 'ACQUIT')))
);
create index journal_entry_award_no on journal_entry (award_id, entry_no);
create index journal_entry_line_no on journal_entry (budget_line_id, entry_no);
create index journal_entry_booked on journal_entry (booked_on, entry_no);
create unique index journal_entry_disburse_key on journal_entry (payment_id) where type = 'DISBURSE';
comment on table journal_entry is 'Double-entry journal (article 6(5), 接受监督): append-only, chained by SHA-256 (FU-07, FU-10)';
comment on column journal_entry.payee_name is 'the payee as the award names it; part of the hashed text';
comment on column journal_entry.at is 'business time of the entry; booked_on is its accounting date';

create table journal_line (
    entry_id       uuid not null references journal_entry,
    position       smallint not null check (position > 0),
    account        text not null check (account in ('SOURCE', 'AVAILABLE', 'COMMITTED', 'ADVANCE', 'SPENT', 'REFUND_DUE', 'REFUNDED')),
    award_id       uuid references award,
    budget_line_id uuid not null references budget_line,
    amount         bigint not null check (amount <> 0),
    primary key (entry_id, position),
    constraint journal_line_award check ((account in ('SOURCE', 'AVAILABLE')) = (award_id is null))
);
comment on table journal_line is 'Signed lines; those of an entry sum to zero (FU-07)';
comment on column journal_line.amount is 'fen, signed, never 0';

create trigger journal_entry_append_only before update or delete on journal_entry for each row execute function refuse_change();
create trigger journal_entry_no_truncate before truncate on journal_entry for each statement execute function refuse_change();
create trigger journal_line_append_only before update or delete on journal_line for each row execute function refuse_change();
create trigger journal_line_no_truncate before truncate on journal_line for each statement execute function refuse_change();

create table balance (
    account        text not null,
    budget_line_id uuid not null references budget_line,
    award_id       uuid references award,
    amount         bigint not null,
    constraint balance_key unique nulls not distinct (budget_line_id, award_id, account),
    constraint balance_not_negative check (amount >= 0 or account = 'SOURCE')
);
create index balance_award on balance (award_id);
comment on table balance is 'Sum of the journal per account, budget line and award, kept by the journal''s trigger alone (FU-02, FU-04)';
comment on column balance.amount is 'fen; AVAILABLE, COMMITTED, ADVANCE, REFUND_DUE and what was spent are never below 0';

-- It runs as the owner: the service's role has no right to change a balance. The order within one entry is no matter for the CHECK: every account of an entry stands on one line.
create function journal_line_post() returns trigger language plpgsql security definer as $$
begin
    insert into balance as b (account, budget_line_id, award_id, amount)
    values (new.account, new.budget_line_id, new.award_id, 0)
    on conflict on constraint balance_key do nothing;
    update balance b set amount = b.amount + new.amount
     where b.account = new.account and b.budget_line_id = new.budget_line_id and b.award_id is not distinct from new.award_id;
    return null;
end $$;
create trigger journal_line_post after insert on journal_line for each row execute function journal_line_post();

create function balance_guard() returns trigger language plpgsql as $$
begin
    if pg_trigger_depth() < 2 then
        raise exception 'balances follow from the journal' using errcode = 'AL001';
    end if;
    if tg_op = 'DELETE' then
        raise exception 'a balance is never deleted' using errcode = 'AL001';
    end if;
    return new;
end $$;
create trigger balance_guard before insert or update or delete on balance for each row execute function balance_guard();
create trigger balance_no_truncate before truncate on balance for each statement execute function refuse_change();

-- One text per entry, whatever the reader: RFC 8785 (sorted members, no space), dates as they stand, the instant in UTC.
create function journal_line_text(account text, amount bigint, award_id uuid, budget_line_id uuid) returns text
    language sql immutable as $$
    select '{"account":"' || account || '","amount":' || amount || ',"award_id":' || coalesce('"' || award_id || '"', 'null')
        || ',"budget_line_id":"' || budget_line_id || '"}'
$$;

create function journal_lines_text(entry_id uuid) returns text language sql stable as $$
    select string_agg(journal_line_text(l.account, l.amount, l.award_id, l.budget_line_id), ',' order by l.position)
    from journal_line l where l.entry_id = journal_lines_text.entry_id
$$;

create function journal_canonical(entry journal_entry, lines text) returns text language sql stable as $$
    select '{"at":"' || to_char(entry.at at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') || '"'
        || ',"award_id":' || coalesce('"' || entry.award_id || '"', 'null')
        || ',"booked_on":"' || to_char(entry.booked_on, 'YYYY-MM-DD') || '"'
        || ',"budget_line_id":"' || entry.budget_line_id || '"'
        || ',"checker_id":' || coalesce('"' || entry.checker_id || '"', 'null')
        || ',"document_no":' || coalesce(to_json(entry.document_no)::text, 'null')
        || ',"entry_no":' || entry.entry_no
        || ',"id":"' || entry.id || '"'
        || ',"lines":[' || coalesce(lines, '') || ']'
        || ',"maker_id":"' || entry.maker_id || '"'
        || ',"payee_credit_code":' || coalesce(to_json(entry.payee_credit_code)::text, 'null')
        || ',"payee_name":' || coalesce(to_json(entry.payee_name)::text, 'null')
        || ',"payment_id":' || coalesce('"' || entry.payment_id || '"', 'null')
        || ',"reason":' || coalesce(to_json(entry.reason)::text, 'null')
        || ',"reverses_id":' || coalesce('"' || entry.reverses_id || '"', 'null')
        || ',"type":"' || entry.type || '"}'
$$;
comment on function journal_canonical is 'The text whose SHA-256 after the hash before is the hash of an entry (FU-10)';

create function journal_hash(previous_hash bytea, canonical text) returns bytea language sql immutable as $$
    select sha256(previous_hash || convert_to(canonical, 'UTF8'))
$$;

create function journal_accounts(type text) returns table (plus text, minus text) language sql immutable as $$
    select t.plus, t.minus from (values
        ('BUDGET', 'AVAILABLE', 'SOURCE'),
        ('COMMIT', 'COMMITTED', 'AVAILABLE'),
        ('DECOMMIT', 'AVAILABLE', 'COMMITTED'),
        ('DISBURSE', 'ADVANCE', 'COMMITTED'),
        ('ACQUIT', 'SPENT', 'ADVANCE'),
        ('REFUND_DEMAND', 'REFUND_DUE', 'ADVANCE'),
        ('REFUND_RELEASE', 'ADVANCE', 'REFUND_DUE'),
        ('REFUND_RECEIVED', 'REFUNDED', 'REFUND_DUE')) as t (type, plus, minus)
    where t.type = journal_accounts.type
$$;

create function journal_lines_of(type text, reverses_id uuid, award_id uuid, budget_line_id uuid, amount bigint)
    returns table (pos smallint, account text, line_award_id uuid, line_budget_line_id uuid, line_amount bigint)
    language sql stable as $$
    select l.position, l.account, l.award_id, l.budget_line_id, -l.amount
      from journal_line l where l.entry_id = journal_lines_of.reverses_id
    union all
    select s.pos::smallint, s.account,
           case when s.account in ('SOURCE', 'AVAILABLE') then null else journal_lines_of.award_id end,
           journal_lines_of.budget_line_id, s.sign * journal_lines_of.amount
      from journal_accounts(journal_lines_of.type) t,
           lateral (values (1, t.plus, 1), (2, t.minus, -1)) as s (pos, account, sign)
     where journal_lines_of.reverses_id is null
$$;

-- The whole entry, checked when the transaction ends, however it was written: its place in the chain, its hash, its two lines.
create function journal_entry_check() returns trigger language plpgsql as $$
declare
    e  journal_entry;
    n  integer;
    s  numeric;
    ok boolean;
begin
    select * into strict e from journal_entry j where j.id = new.id;
    select count(*), coalesce(sum(l.amount), 0) into n, s from journal_line l where l.entry_id = e.id;
    if n <> 2 or s <> 0 then
        raise exception 'entry % has % lines that sum to %', e.entry_no, n, s using errcode = 'AL004';
    end if;
    if e.type = 'BUDGET' and not exists (
            select from budget_line b where b.id = e.budget_line_id and b.drafted_by = e.maker_id and b.approved_by = e.checker_id
            union all
            select from budget_adjustment j where j.budget_line_id = e.budget_line_id and j.status = 'booked' and j.proposed_by = e.maker_id
               and j.decided_by = e.checker_id and j.document_no = e.document_no) then
        raise exception 'entry % is neither the approval of a budget nor a proposed adjustment', e.entry_no using errcode = 'AL004';
    end if;
    if exists (select from award a where a.id = e.award_id
                and (a.payee_name, a.payee_credit_code) is distinct from (e.payee_name, e.payee_credit_code)) then
        raise exception 'entry % names another payee than its award', e.entry_no using errcode = 'AL004';
    end if;
    if e.type = 'REVERSAL' then
        select o.type <> 'REVERSAL' and o.award_id is not distinct from e.award_id and o.budget_line_id = e.budget_line_id
               and not exists (
                   select a.account, a.award_id, a.budget_line_id, -a.amount from journal_line a where a.entry_id = o.id
                   except all
                   select b.account, b.award_id, b.budget_line_id, b.amount from journal_line b where b.entry_id = e.id)
          into ok from journal_entry o where o.id = e.reverses_id;
    else
        select count(*) = 2 into ok
          from journal_line l, journal_accounts(e.type) t
         where l.entry_id = e.id and l.budget_line_id = e.budget_line_id
           and (l.award_id is null or l.award_id = e.award_id)
           and (l.account = t.plus and (l.amount > 0 or e.type = 'BUDGET') or l.account = t.minus and (l.amount < 0 or e.type = 'BUDGET'));
    end if;
    if not coalesce(ok, false) then
        raise exception 'entry % of type % has the wrong lines', e.entry_no, e.type using errcode = 'AL004';
    end if;
    if e.previous_hash <> coalesce((select p.hash from journal_entry p where p.entry_no = e.entry_no - 1),
                                   case e.entry_no when 1 then decode(repeat('00', 32), 'hex') end, ''::bytea)
        or e.hash <> journal_hash(e.previous_hash, journal_canonical(e, journal_lines_text(e.id))) then
        raise exception 'entry % does not continue the chain', e.entry_no using errcode = 'AL004';
    end if;
    return null;
end $$;
create constraint trigger journal_entry_check after insert on journal_entry deferrable initially deferred
    for each row execute function journal_entry_check();

create function journal_line_check() returns trigger language plpgsql as $$
declare
    n integer;
    s numeric;
begin
    select count(*), coalesce(sum(l.amount), 0) into n, s from journal_line l where l.entry_id = new.entry_id;
    if n <> 2 or s <> 0 then
        raise exception 'an entry has % lines that sum to %', n, s using errcode = 'AL004';
    end if;
    return null;
end $$;
create constraint trigger journal_line_check after insert on journal_line deferrable initially deferred
    for each row execute function journal_line_check();

-- The one way to book. plus and minus come from the type; for a reversal the lines are the original's with the opposite sign.
create function journal_post(new_id uuid, new_type text, new_booked_on date, new_at timestamptz, new_maker_id uuid,
                             new_checker_id uuid, new_award_id uuid, new_budget_line_id uuid, new_payment_id uuid,
                             new_document_no text, new_reason text, new_reverses_id uuid, new_amount bigint)
    returns bigint language plpgsql as $$
declare
    head journal_head;
    e    journal_entry;
begin
    select * into strict head from journal_head for update;
    e.id := new_id; e.entry_no := head.entry_no + 1; e.type := new_type; e.booked_on := new_booked_on; e.at := new_at;
    e.maker_id := new_maker_id; e.checker_id := new_checker_id; e.award_id := new_award_id;
    e.budget_line_id := new_budget_line_id; e.payment_id := new_payment_id; e.document_no := new_document_no;
    e.reason := new_reason; e.reverses_id := new_reverses_id; e.previous_hash := head.hash;
    e.payee_name := (select a.payee_name from award a where a.id = new_award_id);
    e.payee_credit_code := (select a.payee_credit_code from award a where a.id = new_award_id);
    e.hash := journal_hash(head.hash, journal_canonical(e, (
        select string_agg(journal_line_text(l.account, l.line_amount, l.line_award_id, l.line_budget_line_id), ',' order by l.pos)
        from journal_lines_of(new_type, new_reverses_id, new_award_id, new_budget_line_id, new_amount) l)));
    insert into journal_entry values (e.*);
    insert into journal_line (entry_id, position, account, award_id, budget_line_id, amount)
    select new_id, l.pos, l.account, l.line_award_id, l.line_budget_line_id, l.line_amount
      from journal_lines_of(new_type, new_reverses_id, new_award_id, new_budget_line_id, new_amount) l order by l.pos;
    update journal_head set entry_no = e.entry_no, hash = e.hash;
    return e.entry_no;
end $$;

-- The cap of a decided line is the sum of its BUDGET entries.
create function budget_line_cap() returns trigger language plpgsql as $$
begin
    if exists (select from budget_line b where b.id = new.id and b.status <> 'draft' and b.cap <> -coalesce((
                   select x.amount from balance x where x.budget_line_id = b.id and x.account = 'SOURCE'), 0)) then
        raise exception 'the cap of budget line % is not what was booked', new.id using errcode = 'AL004';
    end if;
    return null;
end $$;
create constraint trigger budget_line_cap after insert or update on budget_line deferrable initially deferred
    for each row execute function budget_line_cap();

create view award_money as
select a.id as award_id,
       coalesce(sum(b.amount) filter (where b.account in ('COMMITTED', 'ADVANCE', 'SPENT', 'REFUND_DUE', 'REFUNDED')), 0)::bigint as committed,
       coalesce(sum(b.amount) filter (where b.account in ('ADVANCE', 'SPENT', 'REFUND_DUE', 'REFUNDED')), 0)::bigint as disbursed,
       coalesce(sum(b.amount) filter (where b.account = 'SPENT'), 0)::bigint as acquitted,
       coalesce(sum(b.amount) filter (where b.account = 'REFUNDED'), 0)::bigint as refunded,
       coalesce(sum(b.amount) filter (where b.account in ('ADVANCE', 'REFUND_DUE')), 0)::bigint as outstanding,
       coalesce(sum(b.amount) filter (where b.account = 'ADVANCE'), 0)::bigint as advance
  from award a left join balance b on b.award_id = a.id
 group by a.id;
comment on view award_money is 'What the ledger says of an award, in fen; outstanding is what is not yet acquitted (ADVANCE + REFUND_DUE)';

create view budget_money as
select l.id as budget_line_id,
       coalesce(sum(b.amount) filter (where b.account = 'AVAILABLE'), 0)::bigint as available,
       coalesce(sum(b.amount) filter (where b.award_id is not null), 0)::bigint as committed,
       coalesce(sum(b.amount) filter (where b.account in ('ADVANCE', 'SPENT', 'REFUND_DUE', 'REFUNDED')), 0)::bigint as disbursed
  from budget_line l left join balance b on b.budget_line_id = l.id
 group by l.id;
comment on view budget_money is 'What the ledger says of a budget line, in fen; committed is the sum of COMMIT less DECOMMIT (FU-02)';

-- ---- bank accounts of payees ----

create table bank_account (
    id              uuid primary key,
    organisation_id uuid not null references organisation,
    bank            text not null check (char_length(bank) between 2 and 100),
    account_cipher  bytea not null check (octet_length(account_cipher) between 29 and 100),
    account_last4   text not null check (account_last4 ~ '^[0-9]{4}$'),
    proposed_by     uuid not null references account,
    confirmed_by    uuid references account,
    confirmed_at    timestamptz,
    status          text not null default 'proposed' check (status in ('proposed', 'confirmed', 'superseded')),
    version         bigint not null default 1,
    created_at      timestamptz not null,
    updated_at      timestamptz not null,
    constraint bank_account_four_eyes check (confirmed_by <> proposed_by),
    constraint bank_account_confirmed check ((status = 'proposed') = (confirmed_by is null))
);
create unique index bank_account_live_key on bank_account (organisation_id) where status = 'confirmed';
create index bank_account_organisation on bank_account (organisation_id);
comment on table bank_account is 'Accounts that awards are paid to (article 16): named by one person, confirmed by another';
comment on column bank_account.account_cipher is 'nonce, AES-256-GCM of the number with the id as additional data, tag; the key is a file of the state directory';
alter table payment add foreign key (bank_account_id) references bank_account;

-- ---- who reaches what ----

create view money_everywhere as
select g.account_id, g.role
  from account_grant g join account a on a.id = g.account_id
 where g.revoked_at is null and a.disabled_at is null and g.role in ('officer', 'leader', 'finance', 'auditor');

create view budget_line_reach as
select m.account_id, b.id, m.role from budget_line b cross join money_everywhere m;

create view award_reach as
select m.account_id, w.id, m.role from award w cross join money_everywhere m
union all
select g.account_id, w.id, g.role
  from award w
  join alliance n on n.id = w.alliance_id
  join account_grant g on g.revoked_at is null
       and (g.role in ('lead', 'council') and g.organisation_id = n.lead_organisation_id
            or g.role = 'host' and g.organisation_id in (n.host_organisation_id, w.payee_organisation_id))
  join account a on a.id = g.account_id and a.disabled_at is null;

create view payment_reach as
select r.account_id, p.id, r.role from payment p join award_reach r on r.id = p.award_id;

create view bank_account_reach as
select m.account_id, b.id, m.role from bank_account b cross join money_everywhere m
union all
select g.account_id, b.id, g.role
  from bank_account b
  join account_grant g on g.revoked_at is null and g.role in ('lead', 'host') and g.organisation_id = b.organisation_id
  join account a on a.id = g.account_id and a.disabled_at is null;

-- ---- organisations and attachments, now that everything stands that may name an organisation ----

create function revision_host(form jsonb) returns text language sql immutable as $$
    select jsonb_path_query_first(form, '$.members[*] ? (@.is_host == true).credit_code') #>> '{}'
$$;
comment on function revision_host is 'The credit code of the host that a frozen form names';
create index application_revision_host on application_revision (revision_host(form));

create view organisation_filed (id) as
select lead_organisation_id from application where first_submitted_on is not null
union all
select o.id from application_revision v join organisation o on o.credit_code = revision_host(v.form)
union all
select lead_organisation_id from alliance where status not in ('forming', 'discarded')
union all
select host_organisation_id from alliance where status not in ('forming', 'discarded') and host_organisation_id is not null
union all
select payee_organisation_id from award;
comment on view organisation_filed is 'Organisations that a filed application, an alliance or an award names as lead, host or payee: their identity is on file';

create view organisation_write_reach (account_id, id, role) as
select account_id, id, role from organisation_grant_reach where role in ('officer', 'lead', 'host', 'member')
union all
select g.account_id, o.id, g.role
  from live_grant g
  join organisation o on o.created_by = g.account_id
 where g.role in ('lead', 'host', 'member')
   and not exists (select from live_grant x where x.organisation_id = o.id)
   and not exists (select from organisation_filed f where f.id = o.id);
comment on view organisation_write_reach is 'Which account changes which organisation: the bureau, its own accounts, and while it has none and nothing is filed whoever registered it';

create view attachment_reach (account_id, id, role) as
select r.account_id, t.id, r.role
  from attachment t
  join application_reach r on t.subject_kind = 'application' and r.id = t.subject_id
 where t.discarded_at is null
   and r.role <> 'member'
   and (r.role <> 'host' or t.kind not in ('application_form', 'recommender_opinion'))
   and (r.role <> 'expert' or t.kind <> 'application_form')
union all
select r.account_id, t.id, r.role
  from attachment t
  join document_reach r on t.subject_kind = 'document' and r.id = t.subject_id
 where t.discarded_at is null
union all
select r.account_id, t.id, r.role
  from attachment t
  join (select account_id, id, role from organisation_grant_reach union select account_id, id, role from organisation_write_reach) r
       on t.subject_kind = 'organisation' and r.id = t.subject_id
 where t.discarded_at is null;
comment on view attachment_reach is 'Which account reads which attachment: the sealed opinion is not for host and member, the scanned form with its contacts not for them nor the experts';

-- ---- what the auditor reads: one row per booked movement ----

create view funding_record as
select e.id, e.entry_no,
       case e.type when 'COMMIT' then 'commitment' when 'DECOMMIT' then 'decommitment' when 'DISBURSE' then 'disbursement'
                   when 'ACQUIT' then 'acquittal' else lower(e.type) end as kind,
       case o.type when 'COMMIT' then 'commitment' when 'DECOMMIT' then 'decommitment' when 'DISBURSE' then 'disbursement'
                   when 'ACQUIT' then 'acquittal' else lower(o.type) end as reversed_kind,
       e.booked_on, b.fiscal_year, l.amount, e.document_no, e.reason, o.entry_no as reverses,
       e.award_id, w.number as award_number, w.kind as award_kind, w.status as award_status,
       w.alliance_id, n.number as alliance_number, n.name as alliance_name, n.industry_field, n.division_code,
       r.code as recommender_code, r.division_code as recommender_division_code,
       w.payee_organisation_id as payee_id, e.payee_name, e.payee_credit_code,
       p.number as payment_number, p.bank_reference, m.name as maker, c.name as checker
  from journal_entry e
  join journal_line l on l.entry_id = e.id and l.position = 1
  join budget_line b on b.id = e.budget_line_id
  join account m on m.id = e.maker_id
  left join account c on c.id = e.checker_id
  left join journal_entry o on o.id = e.reverses_id
  left join payment p on p.id = e.payment_id
  left join award w on w.id = e.award_id
  left join alliance n on n.id = w.alliance_id
  left join recommender r on r.id = n.recommender_id;
comment on view funding_record is 'Booked movements of awards and budget lines; the amount is that of the line that the entry type names first, negative in a reversal';
