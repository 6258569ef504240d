-- What everybody may read of an alliance is kept in the memory of the instances (service/public_card.h). Whoever changes a row that
-- such an answer is made of tells: the instances that listen, by NOTIFY with the commit, and the session itself, by a notice, so that
-- it can drop the answer before it says that the change is made. What is told holds whatever else is being committed at the time:
-- names are told only of alliances that the writer itself sees as public; where an answer may become public meanwhile, and where a row
-- is in the answers of many, all of them are told (*), which is rare.

create function public_card_tell(names text) returns void language plpgsql as $$
begin
    perform pg_notify('alliance_public', names);
    if current_setting('alliance.tell', true) = 'on' then
        raise notice using message = names, errcode = 'ALC00';
    end if;
end $$;
comment on function public_card_tell(text) is 'The names under which answers are kept, id and number of their alliances; * is all of them';

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
declare
    names text;
    how_many bigint;
    all_public boolean;
begin
    select string_agg(a.id || ' ' || a.number, ' '), count(*), bool_and(coalesce(a.is_public, false)) into names, how_many, all_public
      from (select c.alliance_id from changed_rows c group by c.alliance_id limit 65) p left join alliance a on a.id = p.alliance_id;
    if how_many > 0 then
        perform public_card_tell(case when all_public and how_many <= 64 then names else '*' end);
    end if;
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
create trigger public_card_updated after update on document for each row
    when ((old.id, old.document_no) is distinct from (new.id, new.document_no)) execute function public_card_of_all();
-- Alliances name their division without a key.
create trigger public_card_changed after insert or update or delete on division for each statement execute function public_card_of_all();

-- An organisation leads an application long before it leads what everybody may read.
create function public_card_of_organisation() returns trigger language plpgsql as $$
begin
    if exists (select from application p where p.lead_organisation_id in (old.id, new.id))
       or exists (select from alliance a where a.lead_organisation_id in (old.id, new.id)) then
        perform public_card_tell('*');
    end if;
    return null;
end $$;
create trigger public_card_updated after update on organisation for each row
    when ((old.id, old.name) is distinct from (new.id, new.name)) execute function public_card_of_organisation();
