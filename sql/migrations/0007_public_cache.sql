-- What everybody may read of an alliance is kept in the memory of the instances (service/public_card.h). Whoever changes a row that
-- such an answer is made of tells: the instances that listen, by NOTIFY with the commit, and the session itself, by a notice, so that
-- it can drop the answer before it says that the change is made. What is told holds whatever else is being committed at the time:
-- whoever changes a row of an alliance's answers holds the alliance until the commit, so it cannot become public meanwhile. An answer
-- that is read later is read with the change in it. Where a row is in the answers of many, all of them are told (*), which is rare.

create function public_card_tell(names text) returns void language plpgsql as $$
begin
    perform pg_notify('alliance_public', names);
    if current_setting('alliance.tell', true) = 'on' then
        raise notice using message = names, errcode = 'ALC00';
    end if;
end $$;
comment on function public_card_tell(text) is 'The names under which answers are kept, id and number of their alliances; * is all of them';

-- The public ones among these alliances. All are locked, so that this tells of those that another transaction makes public now, and
-- that one cannot do it between this look and our commit. One that is not seen here cannot be locked: then all are told.
create function public_card_tell_of(alliances uuid[]) returns void language plpgsql as $$
declare
    names text;
    how_many bigint := cardinality(alliances);
begin
    if how_many between 1 and 64 then
        select string_agg(a.id || ' ' || a.number, ' ') filter (where a.is_public), count(*) into names, how_many
          from (select x.id, x.number, x.is_public from alliance x where x.id = any (alliances) order by x.id for no key update) a;
    end if;
    if how_many > 64 or how_many < cardinality(alliances) then
        names := '*';
    end if;
    if names is not null then
        perform public_card_tell(names);
    end if;
end $$;

-- Rows of alliances; those that are not public are in no answer.
create function public_card_of_alliance() returns trigger language plpgsql as $$
declare
    names text;
    how_many bigint;
begin
    select string_agg(a.id || ' ' || a.number, ' '), count(*) into names, how_many
      from (select c.id, c.number from changed_rows c where c.is_public limit 65) a;
    if how_many > 0 then
        perform public_card_tell(case when how_many > 64 then '*' else names end);
    end if;
    return null;
end $$;

-- Rows that belong to one alliance.
create function public_card_of_part() returns trigger language plpgsql as $$
begin
    perform public_card_tell_of(array(select distinct c.alliance_id from changed_rows c limit 65));
    return null;
end $$;

-- Rows that are in the answers of many alliances.
create function public_card_of_all() returns trigger language plpgsql as $$
begin
    perform public_card_tell('*');
    return null;
end $$;

do $$
declare
    source record;
    way record;
begin
    for source in select * from (values ('alliance', 'public_card_of_alliance'), ('recognition_term', 'public_card_of_part'),
                                        ('alliance_member', 'public_card_of_part')) as it (name, work)
    loop
        for way in select * from (values
            ('inserted', 'insert', 'new'), ('updated', 'update', 'new'), ('replaced', 'update', 'old'), ('deleted', 'delete', 'old')
        ) as it (name, event, side)
        loop
            execute format('create trigger public_card_%s after %s on %I referencing %s table as changed_rows for each statement execute function %I()',
                           way.name, way.event, source.name, way.side, source.work);
        end loop;
    end loop;
    for source in select * from (values ('alliance'), ('recognition_term'), ('alliance_member'), ('organisation'), ('recommender'),
                                        ('industry_field'), ('division'), ('document')) as it (name)
    loop
        execute format('create trigger public_card_emptied after truncate on %I for each statement execute function public_card_of_all()', source.name);
    end loop;
end $$;

-- A row that alliances point at is there before them and cannot leave before them; what an answer takes of it is named here.
create trigger public_card_updated after update on industry_field for each row
    when ((old.code, old.name) is distinct from (new.code, new.name)) execute function public_card_of_all();
create trigger public_card_updated after update on recommender for each row
    when ((old.id, old.name, old.kind) is distinct from (new.id, new.name, new.kind)) execute function public_card_of_all();
-- Alliances name their division without a key.
create trigger public_card_changed after insert or update or delete on division for each statement execute function public_card_of_all();

-- A document gets its number before the alliances that it recognises point at it, in the same transaction. The lock keeps others from
-- pointing at it meanwhile: what they had not committed is waited for and seen.
create function public_card_of_document() returns trigger language plpgsql as $$
begin
    perform from document d where d.id in (old.id, new.id) for update;
    perform public_card_tell_of(array(select a.id from alliance a where a.recognition_document_id in (old.id, new.id) limit 65));
    return null;
end $$;
create trigger public_card_updated after update on document for each row
    when ((old.id, old.document_no) is distinct from (new.id, new.document_no)) execute function public_card_of_document();

-- An organisation leads a forming alliance, made with its application, long before it leads what everybody may read.
create function public_card_of_organisation() returns trigger language plpgsql as $$
begin
    perform public_card_tell_of(array(
        select a.id from alliance a where a.lead_organisation_id in (old.id, new.id)
        union
        select p.alliance_id from application p where p.lead_organisation_id in (old.id, new.id) and p.alliance_id is not null
        limit 65));
    return null;
end $$;
create trigger public_card_updated after update on organisation for each row
    when ((old.id, old.name) is distinct from (new.id, new.name)) execute function public_card_of_organisation();
