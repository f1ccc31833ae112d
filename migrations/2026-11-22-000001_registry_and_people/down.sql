drop table settings, commands, server_states, platforms, host_keys, server_groups, servers, credentials, data_keys,
    api_token_groups, api_tokens, sign_in_failures, setup_tokens, sessions, user_groups, users, groups;
