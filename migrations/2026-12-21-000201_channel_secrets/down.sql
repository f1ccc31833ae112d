alter table channels drop column secret_names, drop column secrets_changed_at;
