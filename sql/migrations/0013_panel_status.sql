-- The panels of one status, in the order of their list.

create index panel_status on panel (status, created_at desc, id desc);
