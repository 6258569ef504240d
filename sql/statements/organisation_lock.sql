-- :optional
select o.id, o.credit_code, o.credit_code_waived, o.legacy_code, o.name, o.type, o.division_code, u.id as "administering_unit.id",
       u.name as "administering_unit.name", o.independent_legal_person, o.legal_representative, o.address, o.registered_capital, o.founded_on, o.is_fictitious,
       o.version, o.created_at, o.updated_at,
       (select json_agg(json_build_object('id', w.id, 'organisation_id', w.organisation_id, 'reason', w.reason, 'attachment_id', w.attachment_id,
               'maker', m.name, 'checker', c.name, 'confirmed', w.confirmed_at is not null, 'confirmed_at', instant_json(w.confirmed_at),
               'version', w.version, 'created_at', instant_json(w.created_at)) order by w.id)
          from credit_code_waiver w join account m on m.id = w.maker_id left join account c on c.id = w.checker_id
         where w.organisation_id = o.id) as waivers,
       (select string_agg(r.role, ',') from organisation_reach r where r.account_id = $2::uuid and r.id = o.id) as _reach,
       (select string_agg(r.role, ',') from organisation_write_reach r where r.account_id = $2::uuid and r.id = o.id) as _write_reach,
       exists (select from organisation_filed f where f.id = o.id) as _filed
  from organisation o
  left join recommender u on u.id = o.administering_unit_id
 where o.id = $1::uuid
   for update of o
