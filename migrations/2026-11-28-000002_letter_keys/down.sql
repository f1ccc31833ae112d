alter table users drop column letter_keys;
