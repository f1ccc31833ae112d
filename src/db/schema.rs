//! The tables, as Diesel sees them. Written from the migrated database; a test holds it against the database.

#![expect(missing_docs, reason = "the migrations describe the columns")]

diesel::table! {
    api_token_groups (api_token_id, group_id) {
        api_token_id -> BigInt,
        group_id -> BigInt,
    }
}

diesel::table! {
    api_tokens (id) {
        id -> BigInt,
        name -> Text,
        token_hash -> Bytea,
        user_id -> Nullable<BigInt>,
        role -> Text,
        all_groups -> Bool,
        expires_at -> Nullable<Timestamptz>,
        revoked_at -> Nullable<Timestamptz>,
        used_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    audit_events (number) {
        number -> BigInt,
        at -> Timestamptz,
        actor_kind -> Text,
        actor -> Text,
        address -> Nullable<Inet>,
        action -> Text,
        server -> Text,
        target -> Text,
        run_as -> Text,
        outcome -> Text,
        details -> Jsonb,
        asked_number -> Nullable<BigInt>,
        previous_hash -> Bytea,
        hash -> Bytea,
    }
}

diesel::table! {
    audit_head (id) {
        id -> Integer,
        number -> BigInt,
        hash -> Bytea,
    }
}

diesel::table! {
    check_groups (check_id, group_id) {
        check_id -> BigInt,
        group_id -> BigInt,
    }
}

diesel::table! {
    check_results (check_id, server_id) {
        check_id -> BigInt,
        server_id -> BigInt,
        due_at -> Timestamptz,
        state -> Text,
        since -> Timestamptz,
        ran_at -> Nullable<Timestamptz>,
        took_ms -> Nullable<BigInt>,
        value -> Nullable<Double>,
        reading -> Nullable<Jsonb>,
        error -> Text,
    }
}

diesel::table! {
    check_turns (server_id) {
        server_id -> BigInt,
        token -> BigInt,
        lease_until -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    checks (id) {
        id -> BigInt,
        name -> Text,
        answer -> Text,
        script -> Text,
        unit -> Text,
        unit_word -> Text,
        warning -> Nullable<Double>,
        critical -> Nullable<Double>,
        direction -> Text,
        interval_seconds -> Integer,
        timeout_seconds -> Integer,
        platform -> Jsonb,
        labels -> Jsonb,
        all_groups -> Bool,
        enabled -> Bool,
        note -> Text,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    commands (id) {
        id -> BigInt,
        command_type -> Text,
        name -> Text,
        platform -> Jsonb,
        script -> Text,
        format -> Text,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        managed_by -> Nullable<Text>,
    }
}

diesel::table! {
    credentials (id) {
        id -> BigInt,
        name -> Text,
        user_name -> Text,
        kind -> Text,
        password -> Nullable<Bytea>,
        private_key -> Nullable<Bytea>,
        passphrase -> Nullable<Bytea>,
        sudo_password -> Nullable<Bytea>,
        privilege -> Text,
        fingerprint -> Nullable<Text>,
        key_algorithm -> Nullable<Text>,
        version -> BigInt,
        secret_changed_at -> Nullable<Timestamptz>,
        note -> Text,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        managed_by -> Nullable<Text>,
    }
}

diesel::table! {
    consumer_readings (server_id, at) {
        server_id -> BigInt,
        at -> Timestamptz,
        span_seconds -> Float,
        by_cpu -> Jsonb,
        by_memory -> Jsonb,
    }
}

diesel::table! {
    data_keys (id) {
        id -> BigInt,
        wrapped -> Bytea,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    favourite_servers (user_id, server_id) {
        user_id -> BigInt,
        server_id -> BigInt,
    }
}

diesel::table! {
    firewall_changes (id) {
        id -> BigInt,
        server_id -> BigInt,
        token -> Text,
        owner -> Text,
        line -> Text,
        asked_by -> Text,
        state -> Text,
        why -> Text,
        asked_at -> Timestamptz,
        undoes_at -> Timestamptz,
        ended_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    groups (id) {
        id -> BigInt,
        name -> Text,
        note -> Text,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        managed_by -> Nullable<Text>,
        allow -> Text,
    }
}

diesel::table! {
    host_keys (id) {
        id -> BigInt,
        server_id -> BigInt,
        algorithm -> Text,
        public_key -> Text,
        fingerprint -> Text,
        state -> Text,
        seen_at -> Timestamptz,
        approved_at -> Nullable<Timestamptz>,
        approved_by -> Nullable<Text>,
    }
}

diesel::table! {
    idempotency_keys (id) {
        id -> Bytea,
        request_digest -> Bytea,
        status -> Nullable<Integer>,
        answer -> Nullable<Bytea>,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    inventory_files (name) {
        name -> Text,
        text -> Text,
        applied_at -> Timestamptz,
        applied_by -> Text,
    }
}

diesel::table! {
    instances (id) {
        id -> BigInt,
        host -> Text,
        process_id -> Integer,
        version -> Text,
        serves -> Bool,
        samples -> Bool,
        started_at -> Timestamptz,
        seen_at -> Timestamptz,
        lives_until -> Timestamptz,
        looks_until -> Nullable<Timestamptz>,
        looks_at -> Array<BigInt>,
    }
}

diesel::table! {
    live_samples (server_id) {
        server_id -> BigInt,
        holder -> BigInt,
        batch -> BigInt,
        content -> Bytea,
    }
}

diesel::table! {
    metric_blocks (tier, series_id, starts_at) {
        tier -> Integer,
        series_id -> Integer,
        starts_at -> Timestamptz,
        means -> Array<Float>,
        minimums -> Array<Float>,
        maximums -> Array<Float>,
        weights -> Array<SmallInt>,
    }
}

diesel::table! {
    metric_inbox (server_id, at) {
        server_id -> BigInt,
        at -> Timestamptz,
        series_ids -> Array<Integer>,
        means -> Array<Float>,
        minimums -> Array<Float>,
        maximums -> Array<Float>,
    }
}

diesel::table! {
    metric_progress (tier) {
        tier -> Integer,
        done_until -> Timestamptz,
        after_server -> BigInt,
    }
}

diesel::table! {
    platforms (server_id) {
        server_id -> BigInt,
        os -> Text,
        distro -> Text,
        distro_like -> Array<Text>,
        version -> Text,
        arch -> Text,
        pretty_name -> Text,
        kernel -> Text,
        hostname -> Text,
        capabilities -> Array<Text>,
        cores -> Nullable<Integer>,
        cpu_model -> Text,
        memory_bytes -> Nullable<BigInt>,
        boot_id -> Text,
        booted_at -> Nullable<Timestamptz>,
        time_zone -> Text,
        virtualisation -> Text,
        detected_at -> Timestamptz,
    }
}

diesel::table! {
    recurring_jobs (name) {
        name -> Text,
        every_seconds -> Integer,
        next_at -> Timestamptz,
        state -> Text,
        token -> BigInt,
        lease_until -> Nullable<Timestamptz>,
        started_at -> Nullable<Timestamptz>,
        finished_at -> Nullable<Timestamptz>,
        took_ms -> Nullable<BigInt>,
        outcome -> Text,
        error -> Text,
    }
}

diesel::table! {
    sampling_leases (server_id) {
        server_id -> BigInt,
        holder -> BigInt,
        token -> BigInt,
        taken_at -> Timestamptz,
        tries -> BigInt,
    }
}

diesel::table! {
    series (id) {
        id -> Integer,
        server_id -> BigInt,
        metric -> Text,
        device -> Text,
        seen_at -> Timestamptz,
    }
}

diesel::table! {
    root_rights (server_id) {
        server_id -> BigInt,
        user_name -> Text,
        privilege -> Text,
        everything -> Bool,
        commands -> Jsonb,
        asked_at -> Timestamptz,
    }
}

diesel::table! {
    server_groups (server_id, group_id) {
        server_id -> BigInt,
        group_id -> BigInt,
    }
}

diesel::table! {
    server_states (server_id) {
        server_id -> BigInt,
        state -> Text,
        since -> Timestamptz,
        checked_at -> Timestamptz,
        seen_at -> Nullable<Timestamptz>,
        problem -> Nullable<Jsonb>,
    }
}

diesel::table! {
    servers (id) {
        id -> BigInt,
        name -> Text,
        address -> Text,
        port -> Integer,
        credential_id -> Nullable<BigInt>,
        jump_server_id -> Nullable<BigInt>,
        labels -> Jsonb,
        note -> Text,
        enabled -> Bool,
        sampling_seconds -> Integer,
        legacy_algorithms -> Bool,
        version -> BigInt,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        managed_by -> Nullable<Text>,
        allow -> Text,
    }
}

diesel::table! {
    sessions (id_hash) {
        id_hash -> Bytea,
        user_id -> BigInt,
        csrf_token -> Text,
        created_at -> Timestamptz,
        seen_at -> Timestamptz,
        proved_at -> Timestamptz,
        address -> Inet,
        user_agent -> Text,
    }
}

diesel::table! {
    settings (name) {
        name -> Text,
        value -> Jsonb,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    setup_tokens (token_hash) {
        token_hash -> Bytea,
        expires_at -> Timestamptz,
    }
}

diesel::table! {
    sign_in_failures (id) {
        id -> BigInt,
        account -> Text,
        address -> Inet,
        failed_at -> Timestamptz,
    }
}

diesel::table! {
    trials (fingerprint) {
        fingerprint -> Text,
        server -> Text,
        tried_by -> Text,
        outcome -> Text,
        why -> Text,
        took_ms -> BigInt,
        tried_at -> Timestamptz,
    }
}

diesel::table! {
    user_group_roles (user_id, group_id) {
        user_id -> BigInt,
        group_id -> BigInt,
        role -> Text,
    }
}

diesel::table! {
    user_groups (user_id, group_id) {
        user_id -> BigInt,
        group_id -> BigInt,
    }
}

diesel::table! {
    users (id) {
        id -> BigInt,
        name -> Text,
        password_hash -> Text,
        role -> Text,
        all_groups -> Bool,
        disabled_at -> Nullable<Timestamptz>,
        theme -> Text,
        language -> Nullable<Text>,
        time_zone -> Nullable<Text>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        letter_keys -> Bool,
        withheld -> Array<Text>,
    }
}

diesel::table! {
    artifacts (id) {
        id -> BigInt,
        file_name -> Text,
        stored_name -> Text,
        kind -> Text,
        size_bytes -> BigInt,
        sha256 -> Text,
        name -> Text,
        version -> Text,
        architecture -> Text,
        header -> Jsonb,
        uploaded_by -> Text,
        uploaded_at -> Timestamptz,
    }
}

diesel::table! {
    executions (id) {
        id -> BigInt,
        server_id -> BigInt,
        command_type -> Text,
        command -> Text,
        line -> Text,
        script -> Text,
        as_root -> Bool,
        run_as -> Text,
        target -> Text,
        artifact_id -> Nullable<BigInt>,
        unsigned -> Bool,
        actor_kind -> Text,
        actor -> Text,
        address -> Nullable<Inet>,
        asked_number -> BigInt,
        place -> Text,
        state -> Text,
        token -> BigInt,
        lease_until -> Nullable<Timestamptz>,
        queued_at -> Timestamptz,
        started_at -> Nullable<Timestamptz>,
        ended_at -> Nullable<Timestamptz>,
        exit_status -> Nullable<Integer>,
        why -> Nullable<Jsonb>,
        answer -> Text,
        log_bytes -> BigInt,
        stop_asked_by -> Nullable<Text>,
        file_place -> Text,
    }
}

diesel::table! {
    artifact_inspections (artifact_id, server_id) {
        artifact_id -> BigInt,
        server_id -> BigInt,
        content -> Jsonb,
        inspected_at -> Timestamptz,
    }
}

diesel::table! {
    execution_output (execution_id, at_byte) {
        execution_id -> BigInt,
        at_byte -> BigInt,
        at -> Timestamptz,
        bytes -> Bytea,
    }
}

diesel::joinable!(user_group_roles -> groups (group_id));
diesel::joinable!(user_group_roles -> users (user_id));
diesel::joinable!(user_groups -> groups (group_id));
diesel::joinable!(user_groups -> users (user_id));
diesel::joinable!(sessions -> users (user_id));
diesel::joinable!(api_tokens -> users (user_id));
diesel::joinable!(api_token_groups -> groups (group_id));
diesel::joinable!(api_token_groups -> api_tokens (api_token_id));
diesel::joinable!(servers -> credentials (credential_id));
diesel::joinable!(server_groups -> groups (group_id));
diesel::joinable!(server_groups -> servers (server_id));
diesel::joinable!(favourite_servers -> servers (server_id));
diesel::joinable!(favourite_servers -> users (user_id));
diesel::joinable!(firewall_changes -> servers (server_id));
diesel::joinable!(host_keys -> servers (server_id));
diesel::joinable!(platforms -> servers (server_id));
diesel::joinable!(server_states -> servers (server_id));
diesel::joinable!(sampling_leases -> servers (server_id));
diesel::joinable!(series -> servers (server_id));
diesel::joinable!(check_results -> checks (check_id));
diesel::joinable!(artifact_inspections -> artifacts (artifact_id));
diesel::joinable!(artifact_inspections -> servers (server_id));
diesel::joinable!(executions -> artifacts (artifact_id));
diesel::joinable!(executions -> servers (server_id));
diesel::joinable!(execution_output -> executions (execution_id));
diesel::joinable!(consumer_readings -> servers (server_id));
diesel::allow_tables_to_appear_in_same_query!(
    api_token_groups,
    api_tokens,
    artifact_inspections,
    artifacts,
    audit_events,
    audit_head,
    check_groups,
    check_results,
    check_turns,
    checks,
    commands,
    consumer_readings,
    credentials,
    data_keys,
    execution_output,
    executions,
    favourite_servers,
    firewall_changes,
    groups,
    host_keys,
    idempotency_keys,
    inventory_files,
    instances,
    live_samples,
    metric_blocks,
    metric_inbox,
    metric_progress,
    platforms,
    recurring_jobs,
    root_rights,
    sampling_leases,
    series,
    server_groups,
    server_states,
    servers,
    sessions,
    settings,
    setup_tokens,
    sign_in_failures,
    trials,
    user_group_roles,
    user_groups,
    users,
);
