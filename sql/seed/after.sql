-- After the load: the books are closed over what was booked, everything that was put aside comes back and is checked over
-- all rows, and the planner learns of them.
create temp table seed_line on commit drop as
select s.entry_no, s.id as entry_id, x.pos::smallint as pos, x.account,
       case when x.account in ('SOURCE', 'AVAILABLE') then null else s.award_id end as award_id, s.budget_line_id, x.sign * s.amount as amount
  from seed_entry s
  join (select d.type, t.plus, t.minus from (select distinct type from seed_entry) d, journal_accounts(d.type) t) a on a.type = s.type
  cross join lateral (values (1, a.plus, 1), (2, a.minus, -1)) as x (pos, account, sign);

insert into seed_line
select s.entry_no, s.id, o.pos, o.account, o.award_id, o.budget_line_id, -o.amount
  from seed_entry s join seed_line o on o.entry_id = s.reverses_id
 where s.type = 'REVERSAL';

insert into journal_line (entry_id, position, account, award_id, budget_line_id, amount)
select entry_id, pos, account, award_id, budget_line_id, amount from seed_line order by entry_no, pos;

do $$
declare
    r record;
    e journal_entry;
    h bytea := decode(repeat('00', 32), 'hex');
    n bigint := 0;
begin
    for r in
        select s.*, t.lines
          from seed_entry s
          join (select l.entry_no, string_agg(journal_line_text(l.account, l.amount, l.award_id, l.budget_line_id), ',' order by l.pos) as lines
                  from seed_line l group by l.entry_no) t on t.entry_no = s.entry_no
         order by s.entry_no
    loop
        e.id := r.id; e.entry_no := r.entry_no; e.type := r.type; e.booked_on := r.booked_on; e.at := r.at; e.maker_id := r.maker_id;
        e.checker_id := r.checker_id; e.award_id := r.award_id; e.budget_line_id := r.budget_line_id; e.payment_id := r.payment_id;
        e.payee_name := r.payee_name; e.payee_credit_code := r.payee_credit_code; e.document_no := r.document_no; e.reason := r.reason;
        e.reverses_id := r.reverses_id; e.previous_hash := h;
        h := journal_hash(h, journal_canonical(e, r.lines));
        e.hash := h;
        n := r.entry_no;
        insert into journal_entry values (e.*);
    end loop;
    update journal_head set entry_no = n, hash = h;
end $$;

insert into balance (account, budget_line_id, award_id, amount)
select account, budget_line_id, award_id, sum(amount) from seed_line group by account, budget_line_id, award_id;

do $$
declare
    r record;
begin
    for r in select * from seed_constraint order by contype = 'f', table_name, conname loop
        execute format('alter table %s add constraint %I %s', r.table_name, r.conname, r.definition);
    end loop;
    for r in select * from seed_index order by index_name loop
        execute r.definition;
    end loop;
    -- each as it was: some fire always
    for r in select *, case tgenabled when 'A' then 'enable always' when 'R' then 'enable replica' when 'D' then 'disable' else 'enable' end as word
               from seed_trigger loop
        execute format('alter table %s %s trigger %I', r.table_name, r.word, r.tgname);
    end loop;
    for r in select * from seed_table loop
        execute format('analyze %s', r.table_name);
    end loop;
end $$;
