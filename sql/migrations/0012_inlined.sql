-- Small functions of every row. PostgreSQL puts a SQL function's text into the statement only when it is not STRICT beyond what the text
-- shows and nothing in it is more volatile than it says; else each call starts an executor, several times the cost of the work itself.
-- They mean what they meant: NULL gives NULL.

create or replace function money_text(bigint) returns text language sql immutable parallel safe as $$
    select case when $1 < 0 then '-' else '' end || (abs($1) / 100)::text || '.' || lpad((abs($1) % 100)::text, 2, '0')
$$;

create or replace function money_json(bigint) returns json language sql immutable parallel safe as $$
    select ('{"amount":"' || money_text($1) || '","currency":"CNY"}')::json
$$;

-- = + - @, tab and carriage return by their code points; the first character is compared without a regular expression.
create or replace function export_text(text) returns text language sql stable parallel safe as $$
    select case when ascii($1) in (61, 43, 45, 64, 9, 13) and current_setting('export.format', true) = 'csv' then '''' || $1 else $1 end
$$;
