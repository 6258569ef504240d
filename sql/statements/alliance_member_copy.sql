-- :exec
insert into alliance_member (alliance_id, position, credit_code, name, type, division_code, legal_representative, independent_legal_person,
                             advantage, financing_service, is_lead, is_core, is_host, joined_on)
select a.alliance_id, i.position, i.item ->> 'credit_code', i.item ->> 'name', i.item ->> 'type', i.item ->> 'division_code',
       i.item ->> 'legal_representative', coalesce((i.item ->> 'independent_legal_person')::boolean, false), i.item ->> 'advantage',
       i.item ->> 'financing_service', coalesce((i.item ->> 'is_lead')::boolean, false), coalesce((i.item ->> 'is_core')::boolean, false),
       coalesce((i.item ->> 'is_host')::boolean, false), $2::date
  from application a
  join application_revision v on v.application_id = a.id and v.revision = a.revision
  cross join lateral jsonb_array_elements(v.form -> 'members') with ordinality i (item, position)
 where a.id = $1::uuid
