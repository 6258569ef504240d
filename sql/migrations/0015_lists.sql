-- Lists that read more than they showed.

-- Accounts and experts are found by a part of a name as the rest is: from an index of pairs of characters. What is indexed is what
-- account_list and expert_list compare; an expert is found by his name or his employer's, which stand in one text.

create index account_name_pairs on account using gin (text_pairs(lower(name)));
create index expert_name_pairs on expert using gin (text_pairs(lower(name) || ' ' || lower(employer_name)));
