-- Lists that read more than they showed.

-- Accounts and experts are found by a part of a name as the rest is: from an index of pairs of characters. What is indexed is what
-- account_list and expert_list compare; an expert is found by his name or his employer's, which stand in one text.

create index account_name_pairs on account using gin (text_pairs(lower(name)));
create index expert_name_pairs on expert using gin (text_pairs(lower(name) || ' ' || lower(employer_name)));

-- The log by a kind of object was read backwards from end to end for one that is rare. Of the days between two dates it is enough to know
-- where in the table they stand, since lines are only ever added: 24 kB on 700,000 lines, and next to nothing for each new one.
create index history_kind on history (object_kind, seq);
create index history_at on history using brin (at);
