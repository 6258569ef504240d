-- :exec
with form as (
    select a.alliance_id, b.position, b.body
      from application a
      join application_revision v on v.application_id = a.id and v.revision = a.revision
      cross join lateral jsonb_array_elements(coalesce(v.form -> 'governance' -> 'bodies', '[]')) with ordinality b (body, position)
     where a.id = $1::uuid),
body as (
    insert into alliance_body (alliance_id, kind, position, name)
    select f.alliance_id, f.body ->> 'kind', f.position, f.body ->> 'name' from form f)
insert into body_person (alliance_id, kind, position, seat, name, credit_code, organisation_name, post, full_time, from_on)
select f.alliance_id, f.body ->> 'kind', f.position, p.seat, p.person ->> 'name', p.person ->> 'credit_code',
       p.person ->> 'organisation_name', p.person ->> 'post', coalesce((p.person ->> 'full_time')::boolean, false), $2::date
  from form f cross join lateral jsonb_array_elements(coalesce(f.body -> 'persons', '[]')) with ordinality p (person, seat)
