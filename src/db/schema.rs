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
    crontab_runs (execution_id) {
        execution_id -> BigInt,
        content -> Bytea,
    }
}

diesel::table! {
    crontab_versions (id) {
        id -> BigInt,
        server_id -> BigInt,
        place -> Text,
        content -> Bytea,
        digest -> Text,
        size_bytes -> BigInt,
        what -> Text,
        replaced_by -> Text,
        replaced_at -> Timestamptz,
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
    guarded_changes (id) {
        id -> BigInt,
        server_id -> BigInt,
        kind -> Text,
        token -> Text,
        owner -> Text,
        place -> Text,
        by_root -> Bool,
        line -> Text,
        asked_by -> Text,
        state -> Text,
        why -> Text,
        asked_at -> Timestamptz,
        undoes_at -> Timestamptz,
        looked_at -> Nullable<Timestamptz>,
        ended_at -> Nullable<Timestamptz>,
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
    known_keys (server_id, user_name, fingerprint) {
        server_id -> BigInt,
        user_name -> Text,
        fingerprint -> Text,
        comment -> Text,
        seen_at -> Timestamptz,
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
    login_events (id) {
        id -> BigInt,
        server_id -> BigInt,
        at -> Timestamptz,
        outcome -> Text,
        user_name -> Text,
        is_unknown_user -> Bool,
        address -> Nullable<Inet>,
        host -> Text,
        port -> Nullable<Integer>,
        method -> Text,
        fingerprint -> Text,
        pid -> Nullable<Integer>,
        terminal -> Text,
        ended_at -> Nullable<Timestamptz>,
        is_over -> Bool,
        times -> Integer,
        told_by -> Text,
        is_ours -> Bool,
    }
}

diesel::table! {
    login_readings (server_id) {
        server_id -> BigInt,
        token -> BigInt,
        lease_until -> Nullable<Timestamptz>,
        due_at -> Timestamptz,
        place -> Jsonb,
        read_at -> Nullable<Timestamptz>,
        line -> Text,
        took_ms -> BigInt,
        error -> Text,
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
    service_counts (server_id) {
        server_id -> BigInt,
        failed -> Nullable<BigInt>,
        counted_at -> Nullable<Timestamptz>,
        due_at -> Timestamptz,
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
        words -> Nullable<Text>,
        time_limit_seconds -> Nullable<Integer>,
        variables -> Jsonb,
    }
}

// The same rows, as commands of people's own see them: with them as well the table would have more than 32 columns, and the compiler
// takes minutes more for tables of 64.
diesel::table! {
    #[sql_name = "executions"]
    command_runs (id) {
        id -> BigInt,
        server_id -> BigInt,
        command_type -> Text,
        command -> Text,
        line -> Text,
        script -> Text,
        as_root -> Bool,
        run_as -> Text,
        target -> Text,
        actor_kind -> Text,
        actor -> Text,
        address -> Nullable<Inet>,
        asked_number -> BigInt,
        place -> Text,
        state -> Text,
        lease_until -> Nullable<Timestamptz>,
        queued_at -> Timestamptz,
        started_at -> Nullable<Timestamptz>,
        ended_at -> Nullable<Timestamptz>,
        exit_status -> Nullable<Integer>,
        why -> Nullable<Jsonb>,
        log_bytes -> BigInt,
        stop_asked_by -> Nullable<Text>,
        words -> Nullable<Text>,
        batch -> Nullable<BigInt>,
        position -> Integer,
        goes_on -> Bool,
        time_limit_seconds -> Nullable<Integer>,
        delivery_id -> Nullable<BigInt>,
        delivery_place -> Nullable<Integer>,
        variables -> Jsonb,
    }
}

diesel::table! {
    saved_commands (id) {
        id -> BigInt,
        user_id -> BigInt,
        name -> Text,
        words -> Text,
        as_root -> Bool,
        created_at -> Timestamptz,
    }
}

diesel::table! {
    terminals (id) {
        id -> BigInt,
        server_id -> BigInt,
        user_id -> Nullable<BigInt>,
        actor -> Text,
        address -> Nullable<Inet>,
        run_as -> Text,
        holder -> Text,
        begun_at -> Timestamptz,
        seen_at -> Timestamptz,
        ended_at -> Nullable<Timestamptz>,
        why -> Nullable<Jsonb>,
        end_asked_by -> Nullable<Text>,
        output_bytes -> BigInt,
        recording -> Text,
        recorded_bytes -> BigInt,
    }
}

diesel::table! {
    terminal_recordings (terminal_id, number) {
        terminal_id -> BigInt,
        number -> Integer,
        from_ms -> BigInt,
        sealed -> Bytea,
    }
}

diesel::table! {
    terminal_tickets (hash) {
        hash -> Bytea,
        terminal_id -> BigInt,
        session_hash -> Bytea,
        expires_at -> Timestamptz,
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

diesel::table! {
    power_requests (id) {
        id -> BigInt,
        server_id -> BigInt,
        deed -> Text,
        asked_by -> Text,
        boot_before -> Text,
        uptime_before -> Double,
        boot_after -> Text,
        state -> Text,
        why -> Nullable<Jsonb>,
        asked_at -> Timestamptz,
        away_at -> Nullable<Timestamptz>,
        back_at -> Nullable<Timestamptz>,
        booted_at -> Nullable<Timestamptz>,
        ended_at -> Nullable<Timestamptz>,
        token -> BigInt,
        lease_until -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    channels (id) {
        id -> BigInt,
        name -> Text,
        kind -> Text,
        settings -> Jsonb,
        secrets -> Bytea,
        free_at -> Nullable<Timestamptz>,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
        secret_names -> Array<Text>,
        secrets_changed_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    scenarios (id) {
        id -> BigInt,
        name -> Text,
        owner_id -> BigInt,
        schedule -> Jsonb,
        source -> Text,
        source_settings -> Jsonb,
        servers -> Array<Text>,
        enabled -> Bool,
        grace_seconds -> Nullable<Integer>,
        missed -> Text,
        overlap -> Text,
        parallel_most -> Integer,
        next_slot -> Nullable<Timestamptz>,
        next_run_at -> Nullable<Timestamptz>,
        version -> BigInt,
        created_at -> Timestamptz,
        updated_at -> Timestamptz,
    }
}

diesel::table! {
    scenario_destinations (id) {
        id -> BigInt,
        scenario_id -> BigInt,
        position -> Integer,
        kind -> Text,
        settings -> Jsonb,
        channel_id -> Nullable<BigInt>,
        condition -> Jsonb,
        at_most_once -> Bool,
    }
}

diesel::table! {
    runs (id) {
        id -> BigInt,
        scenario_id -> BigInt,
        scheduled_for -> Nullable<Timestamptz>,
        cause -> Text,
        started_by -> Text,
        is_late -> Bool,
        missed -> Jsonb,
        state -> Text,
        token -> BigInt,
        tries -> Integer,
        lease_until -> Nullable<Timestamptz>,
        stop_asked_by -> Nullable<Text>,
        queued_at -> Timestamptz,
        started_at -> Nullable<Timestamptz>,
        ended_at -> Nullable<Timestamptz>,
        took_ms -> Nullable<BigInt>,
        readings -> Jsonb,
        why -> Nullable<Jsonb>,
    }
}

diesel::table! {
    deliveries (id) {
        id -> BigInt,
        key -> Text,
        run_id -> BigInt,
        destination_id -> Nullable<BigInt>,
        position -> Integer,
        kind -> Text,
        channel_id -> Nullable<BigInt>,
        settings -> Jsonb,
        at_most_once -> Bool,
        message -> Jsonb,
        state -> Text,
        token -> BigInt,
        lease_until -> Nullable<Timestamptz>,
        tries -> Integer,
        next_try_at -> Nullable<Timestamptz>,
        give_up_at -> Timestamptz,
        may_repeat -> Bool,
        status -> Nullable<Integer>,
        said -> Text,
        why -> Nullable<Jsonb>,
        took_ms -> Nullable<BigInt>,
        ended_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    source_marks (scenario_id, server_id) {
        scenario_id -> BigInt,
        server_id -> BigInt,
        mark -> Jsonb,
        moves -> BigInt,
        run_id -> Nullable<BigInt>,
        moved_at -> Timestamptz,
    }
}

diesel::table! {
    run_deeds (run_id, server_id) {
        run_id -> BigInt,
        server_id -> BigInt,
        execution_id -> BigInt,
        done_at -> Timestamptz,
    }
}

diesel::table! {
    pauses (id) {
        id -> BigInt,
        started_by -> Text,
        started_at -> Timestamptz,
        why -> Text,
        ended_by -> Nullable<Text>,
        ended_at -> Nullable<Timestamptz>,
    }
}

diesel::table! {
    fan_outs (id) {
        id -> BigInt,
        name -> Text,
        words -> Text,
        parameters -> Jsonb,
        as_root -> Bool,
        time_limit_seconds -> Integer,
        servers -> Array<Text>,
        batch_size -> Nullable<Integer>,
        pause_seconds -> Integer,
        stop_after -> Nullable<Integer>,
        canary -> Bool,
        is_attended -> Bool,
        retry_of -> Nullable<BigInt>,
        user_id -> Nullable<BigInt>,
        api_token_id -> Nullable<BigInt>,
        actor_kind -> Text,
        actor -> Text,
        address -> Nullable<Inet>,
        state -> Text,
        token -> BigInt,
        lease_until -> Nullable<Timestamptz>,
        pause_until -> Nullable<Timestamptz>,
        stop_asked_by -> Nullable<Text>,
        queued_at -> Timestamptz,
        started_at -> Nullable<Timestamptz>,
        ended_at -> Nullable<Timestamptz>,
        why -> Nullable<Jsonb>,
    }
}

diesel::table! {
    fan_out_members (fan_out_id, server_id) {
        fan_out_id -> BigInt,
        server_id -> BigInt,
        wave -> Integer,
        state -> Text,
        execution_id -> Nullable<BigInt>,
        why -> Nullable<Jsonb>,
        digest -> Nullable<Bytea>,
    }
}

diesel::table! {
    saved_fan_outs (id) {
        id -> BigInt,
        user_id -> BigInt,
        name -> Text,
        wish -> Jsonb,
        created_at -> Timestamptz,
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
diesel::joinable!(crontab_runs -> executions (execution_id));
diesel::joinable!(crontab_versions -> servers (server_id));
diesel::joinable!(guarded_changes -> servers (server_id));
diesel::joinable!(host_keys -> servers (server_id));
diesel::joinable!(platforms -> servers (server_id));
diesel::joinable!(power_requests -> servers (server_id));
diesel::joinable!(server_states -> servers (server_id));
diesel::joinable!(sampling_leases -> servers (server_id));
diesel::joinable!(series -> servers (server_id));
diesel::joinable!(check_results -> checks (check_id));
diesel::joinable!(artifact_inspections -> artifacts (artifact_id));
diesel::joinable!(artifact_inspections -> servers (server_id));
diesel::joinable!(executions -> artifacts (artifact_id));
diesel::joinable!(command_runs -> deliveries (delivery_id));
diesel::joinable!(command_runs -> servers (server_id));
diesel::joinable!(executions -> servers (server_id));
diesel::joinable!(execution_output -> executions (execution_id));
diesel::joinable!(saved_commands -> users (user_id));
diesel::joinable!(fan_outs -> api_tokens (api_token_id));
diesel::joinable!(fan_outs -> users (user_id));
diesel::joinable!(fan_out_members -> executions (execution_id));
diesel::joinable!(fan_out_members -> fan_outs (fan_out_id));
diesel::joinable!(fan_out_members -> servers (server_id));
diesel::joinable!(saved_fan_outs -> users (user_id));
diesel::joinable!(terminals -> servers (server_id));
diesel::joinable!(terminals -> users (user_id));
diesel::joinable!(terminal_recordings -> terminals (terminal_id));
diesel::joinable!(terminal_tickets -> terminals (terminal_id));
diesel::joinable!(consumer_readings -> servers (server_id));
diesel::joinable!(known_keys -> servers (server_id));
diesel::joinable!(login_events -> servers (server_id));
diesel::joinable!(login_readings -> servers (server_id));
diesel::joinable!(service_counts -> servers (server_id));
diesel::joinable!(deliveries -> runs (run_id));
diesel::joinable!(runs -> scenarios (scenario_id));
diesel::joinable!(scenario_destinations -> scenarios (scenario_id));
diesel::joinable!(scenario_destinations -> channels (channel_id));
diesel::joinable!(scenarios -> users (owner_id));
diesel::joinable!(source_marks -> runs (run_id));
diesel::joinable!(source_marks -> scenarios (scenario_id));
diesel::joinable!(source_marks -> servers (server_id));
diesel::joinable!(run_deeds -> executions (execution_id));
diesel::joinable!(run_deeds -> runs (run_id));
diesel::joinable!(run_deeds -> servers (server_id));
diesel::allow_tables_to_appear_in_same_query!(api_token_groups, api_tokens);
diesel::allow_tables_to_appear_in_same_query!(api_token_groups, groups);
diesel::allow_tables_to_appear_in_same_query!(api_tokens, users);
diesel::allow_tables_to_appear_in_same_query!(artifact_inspections, artifacts);
diesel::allow_tables_to_appear_in_same_query!(artifact_inspections, servers);
diesel::allow_tables_to_appear_in_same_query!(artifacts, executions);
diesel::allow_tables_to_appear_in_same_query!(channels, scenario_destinations);
diesel::allow_tables_to_appear_in_same_query!(check_results, checks);
diesel::allow_tables_to_appear_in_same_query!(consumer_readings, servers);
diesel::allow_tables_to_appear_in_same_query!(credentials, servers);
diesel::allow_tables_to_appear_in_same_query!(crontab_runs, executions);
diesel::allow_tables_to_appear_in_same_query!(crontab_versions, servers);
diesel::allow_tables_to_appear_in_same_query!(command_runs, deliveries);
diesel::allow_tables_to_appear_in_same_query!(command_runs, servers);
diesel::allow_tables_to_appear_in_same_query!(deliveries, runs);
diesel::allow_tables_to_appear_in_same_query!(execution_output, executions);
diesel::allow_tables_to_appear_in_same_query!(executions, servers);
diesel::allow_tables_to_appear_in_same_query!(api_tokens, fan_outs);
diesel::allow_tables_to_appear_in_same_query!(executions, fan_out_members);
diesel::allow_tables_to_appear_in_same_query!(fan_out_members, fan_outs);
diesel::allow_tables_to_appear_in_same_query!(fan_out_members, servers);
diesel::allow_tables_to_appear_in_same_query!(fan_outs, users);
diesel::allow_tables_to_appear_in_same_query!(saved_fan_outs, users);
diesel::allow_tables_to_appear_in_same_query!(favourite_servers, servers);
diesel::allow_tables_to_appear_in_same_query!(favourite_servers, users);
diesel::allow_tables_to_appear_in_same_query!(groups, server_groups);
diesel::allow_tables_to_appear_in_same_query!(groups, user_group_roles);
diesel::allow_tables_to_appear_in_same_query!(groups, user_groups);
diesel::allow_tables_to_appear_in_same_query!(guarded_changes, servers);
diesel::allow_tables_to_appear_in_same_query!(host_keys, servers);
diesel::allow_tables_to_appear_in_same_query!(known_keys, servers);
diesel::allow_tables_to_appear_in_same_query!(login_events, servers);
diesel::allow_tables_to_appear_in_same_query!(login_readings, servers);
diesel::allow_tables_to_appear_in_same_query!(platforms, servers);
diesel::allow_tables_to_appear_in_same_query!(power_requests, servers);
diesel::allow_tables_to_appear_in_same_query!(run_deeds, executions);
diesel::allow_tables_to_appear_in_same_query!(run_deeds, runs);
diesel::allow_tables_to_appear_in_same_query!(run_deeds, servers);
diesel::allow_tables_to_appear_in_same_query!(runs, scenarios);
diesel::allow_tables_to_appear_in_same_query!(runs, source_marks);
diesel::allow_tables_to_appear_in_same_query!(sampling_leases, servers);
diesel::allow_tables_to_appear_in_same_query!(saved_commands, users);
diesel::allow_tables_to_appear_in_same_query!(scenario_destinations, scenarios);
diesel::allow_tables_to_appear_in_same_query!(scenarios, users);
diesel::allow_tables_to_appear_in_same_query!(scenarios, source_marks);
diesel::allow_tables_to_appear_in_same_query!(series, servers);
diesel::allow_tables_to_appear_in_same_query!(server_groups, servers);
diesel::allow_tables_to_appear_in_same_query!(server_states, servers);
diesel::allow_tables_to_appear_in_same_query!(servers, service_counts);
diesel::allow_tables_to_appear_in_same_query!(servers, source_marks);
diesel::allow_tables_to_appear_in_same_query!(servers, terminals);
diesel::allow_tables_to_appear_in_same_query!(sessions, users);
diesel::allow_tables_to_appear_in_same_query!(terminal_recordings, terminals);
diesel::allow_tables_to_appear_in_same_query!(terminal_tickets, terminals);
diesel::allow_tables_to_appear_in_same_query!(terminals, users);
diesel::allow_tables_to_appear_in_same_query!(user_group_roles, users);
diesel::allow_tables_to_appear_in_same_query!(user_groups, users);
// By a table between them: what a run of a scenario ran where.
diesel::allow_tables_to_appear_in_same_query!(deliveries, servers);
// Not by a foreign key: who samples a server, with what, and lives.
diesel::allow_tables_to_appear_in_same_query!(credentials, instances);
diesel::allow_tables_to_appear_in_same_query!(credentials, sampling_leases);
diesel::allow_tables_to_appear_in_same_query!(instances, sampling_leases);
diesel::allow_tables_to_appear_in_same_query!(instances, servers);
