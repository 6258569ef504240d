-- The parameters and the calendar are read by every judgement and change once in a year. A service keeps them in memory and asks in
-- each transaction, by this one row, whether what it has is still what stands here. Whoever changes either table changes the stamp in
-- the same transaction; a stamp never comes back.
create table policy_stamp (
    is_only    boolean primary key default true check (is_only),
    parameters uuid not null,
    calendar   uuid not null
);
comment on table policy_stamp is 'One row: which state of parameter and of calendar_day this is';
insert into policy_stamp (parameters, calendar) values (gen_random_uuid(), gen_random_uuid());

create function policy_stamp_parameters() returns trigger language plpgsql security definer as $$
begin
    update policy_stamp set parameters = gen_random_uuid();
    return null;
end $$;
create function policy_stamp_calendar() returns trigger language plpgsql security definer as $$
begin
    update policy_stamp set calendar = gen_random_uuid();
    return null;
end $$;
create trigger policy_stamp after insert or update or delete or truncate on parameter for each statement execute function policy_stamp_parameters();
create trigger policy_stamp after insert or update or delete or truncate on calendar_day for each statement execute function policy_stamp_calendar();

-- Also where triggers are off for the load of other data.
alter table parameter enable always trigger policy_stamp;
alter table calendar_day enable always trigger policy_stamp;

create function policy_stamp_stays() returns trigger language plpgsql as $$
begin
    raise exception '% of % is refused: it has one row', tg_op, tg_table_name using errcode = 'AL001';
end $$;
create trigger policy_stamp_stays before delete or truncate on policy_stamp for each statement execute function policy_stamp_stays();
