-- Whether single letters do something on pages: a screen reader or a cat on the keyboard may ask for "no" (WCAG 2.1.4).
alter table users add column letter_keys boolean not null default true;
