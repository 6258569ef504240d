-- What everybody may read of an alliance is kept in the memory of the instances (service/public_cache.h). Whoever changes a row that
-- such an answer is made of tells: the instances that listen, by NOTIFY with the commit, and the session itself, by a notice, so that
-- it can drop the answer before it says that the change is made. Alliances that are not public are in no answer and cost nothing.

create function public_card_tell(names text, how_many bigint) returns void language plpgsql as $$
begin
    if how_many = 0 then
        return;
    end if;
    if how_many > 64 then
        names := '*';
    end if;
    perform pg_notify('alliance_public', names);
    if current_setting('alliance.tell', true) = 'on' then
        raise notice using message = names, errcode = 'ALC00';
    end if;
end $$;
comment on function public_card_tell(text, bigint) is 'The names under which the answers of these alliances are kept: id and number; * is all of them';

create function public_card_emptied() returns trigger language plpgsql as $$
begin
    perform public_card_tell('*', 1);
    return null;
end $$;

-- One function per table, with the rows of the statement as changed_rows: those that it made, and those that were there before.
do $$
declare
    source record;
    way record;
begin
    for source in select * from (values
        ('alliance', 'changed_rows a where a.is_public'),
        ('recognition_term', 'alliance a where a.is_public and a.id in (select c.alliance_id from changed_rows c)'),
        ('alliance_member', 'alliance a where a.is_public and a.id in (select c.alliance_id from changed_rows c)'),
        ('organisation', 'alliance a where a.is_public and a.lead_organisation_id in (select c.id from changed_rows c)'),
        ('recommender', 'alliance a where a.is_public and a.recommender_id in (select c.id from changed_rows c)'),
        ('industry_field', 'alliance a where a.is_public and a.industry_field in (select c.code from changed_rows c)'),
        ('division', 'alliance a where a.is_public and a.division_code in (select c.code from changed_rows c)'),
        ('document', 'alliance a where a.is_public and a.recognition_document_id in (select c.id from changed_rows c)')
    ) as it (name, alliances)
    loop
        execute format(
            'create function public_card_of_%s() returns trigger language plpgsql as $body$
             declare names text; how_many bigint;
             begin
                 select string_agg(f.id || '' '' || f.number, '' ''), count(*) into names, how_many
                   from (select a.id, a.number from %s limit 65) f;
                 perform public_card_tell(names, how_many);
                 return null;
             end $body$', source.name, source.alliances);
        for way in select * from (values
            ('inserted', 'insert', 'new'), ('updated', 'update', 'new'), ('replaced', 'update', 'old'), ('deleted', 'delete', 'old')
        ) as it (name, event, side)
        loop
            execute format(
                'create trigger public_card_%s after %s on %I referencing %s table as changed_rows
                 for each statement execute function public_card_of_%s()',
                way.name, way.event, source.name, way.side, source.name);
        end loop;
        execute format('create trigger public_card_emptied after truncate on %I for each statement execute function public_card_emptied()',
                       source.name);
    end loop;
end $$;
