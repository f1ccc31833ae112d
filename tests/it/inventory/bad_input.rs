//! Whatever is wrong is told with its place, all of it at once, and nothing is changed.

use std::fmt::Write as _;

use proptest::test_runner::{Config, TestRunner};

use super::{Planned, Prune, Registry, Request, pruning, request, source};

const GOOD: &str = "version: 1\ngroups: [web]\nservers:\n  web-1: {address: 10.0.0.7, groups: [web]}\n";

#[test]
fn every_problem_is_told_with_line_and_column_and_the_word_that_was_meant() {
    let registry = Registry::new();
    let text = "\
version: 1
defualts: {port: 22}
credentials:
  ops: {user: deploy, password: hunter2}
  key: {user: '-x', private_key: env:KEY}
  what: {user: x}
groups: [web]
servers:
  - {name: web-1, address: 'a b'}
  - {name: Web, address: 10.0.0.1, port: 99999, interval: 2h}
  - {address: 10.0.0.1}
  - {name: x, address: root@10.0.0.1}
  - {name: y, address: 10.0.0.1:0, allow: chnge, enabled: yes}
  - {name: all, address: 10.0.0.1, host_keys: [abc], labels: web}
  - web-9
commands:
  - {type: list_proceses, name: x, run: a}
";
    let refusal = registry.refusal(text);
    let lines: Vec<&str> = refusal.lines().collect();
    let expected = [
        "servers.yml:2:1: There is no key defualts in the file. Did you mean defaults?",
        "servers.yml:4:33: Write env:NAME or file:PATH, or leave it out",
        "servers.yml:5:15: Write the user name as the server knows it, without spaces",
        "servers.yml:6:3: Say kind: password or kind: private_key",
        "servers.yml:9:28: Write a host name or an IP address",
        "servers.yml:10:12: Use lower-case letters",
        "servers.yml:10:42: Write a whole number from 1 to 65535",
        "servers.yml:10:59: Write a time from 1s to 1h",
        "servers.yml:11:5: name is missing: a server needs it",
        "servers.yml:12:24: The user root belongs to a credential",
        "servers.yml:13:24: Behind the colon of an address stands a port",
        "servers.yml:13:43: Write one of these words: watch, read-files, change, terminal. Did you mean change?",
        "servers.yml:13:59: Write true or false",
        "servers.yml:14:12: all has another meaning",
        "servers.yml:14:48: Write a fingerprint",
        "servers.yml:14:62: Write labels as names with values",
        "servers.yml:15:5: Here stands a server",
        "servers.yml:17:12: There is no command type list_proceses. Did you mean list_processes?",
    ];
    for (line, beginning) in lines.iter().zip(expected) {
        assert!(line.starts_with(beginning), "{line}\n{beginning}");
    }
    assert_eq!(lines.len(), expected.len(), "{refusal}");
    assert!(!refusal.contains("hunter2"), "a secret that should not be there is not repeated");
}

#[test]
fn names_that_do_not_exist_come_twice_or_form_a_circle_are_told() {
    let registry = Registry::new();
    let text = "\
credentials: {ops: {user: deploy, kind: password}}
groups: [web]
servers:
  - {name: web-1, address: a, credential: op, groups: [wbe]}
  - {name: web-1, address: b}
  - {name: j1, address: c, jump: j2}
  - {name: j2, address: d, jump: j3}
  - {name: j3, address: e, jump: j1}
  - {name: self, address: f, jump: self}
  - {name: lost, address: g, jump: nowhere}
";
    let refusal = registry.refusal(text);
    assert_eq!(
        refusal.lines().collect::<Vec<_>>(),
        [
            "servers.yml:5:12: There are two servers named web-1 (the other is in line 4)",
            "servers.yml:6:34: Jump servers form a circle: j1 → j2 → j3 → j1",
            "servers.yml:9:36: Jump servers form a circle: self → self",
            "servers.yml:10:36: There is no server nowhere",
        ]
    );
    let one = "groups: [web]\ncredentials: {ops: {user: deploy, kind: password}}\nservers: {web-1: {address: a, credential: op, groups: [wbe]}}\n";
    assert_eq!(
        registry.refusal(one).lines().collect::<Vec<_>>(),
        [
            "servers.yml:3:43: There is no credential op. Did you mean ops?",
            "servers.yml:3:56: There is no group wbe. Did you mean web?",
        ]
    );
}

#[test]
fn a_circle_of_jump_servers_that_only_file_and_registry_form_together_is_refused() {
    let registry = Registry::new();
    registry.done(&super::unnamed("servers: {a: {address: a, jump: b}, b: b, c: {address: c, jump: a}}\n"));
    let refusal = registry.refusal("servers: {b: {address: b, jump: c}}\n");
    assert_eq!(refusal, "servers.yml:1:33: Jump servers form a circle: b → c → a → b");
    let chain = "servers: {a: a, b: {address: b, jump: a}, c: {address: c, jump: b}, d: {address: d, jump: c}, e: {address: e, jump: d}, f: {address: f, jump: e}}\n";
    assert!(registry.refusal(chain).contains("A chain of more than 4 jump servers leads to f"));
}

#[test]
fn a_group_that_is_used_but_removed_is_refused() {
    let registry = Registry::new();
    registry.apply(GOOD);
    let refusal = registry.refusal_of(&pruning("servers:\n  web-1: {address: 10.0.0.7, groups: [web]}\n"));
    assert_eq!(refusal, "servers.yml:2:39: The group web is not under groups: any more, and would be removed");
    registry.done(&pruning("groups: [web]\nservers: {web-1: 10.0.0.7}\n"));
}

#[test]
fn a_credential_or_a_jump_server_that_others_still_need_is_not_removed() {
    let registry = Registry::new();
    registry.apply("credentials: {ops: {user: a, kind: password}}\nservers: {gate: 10.0.0.1}\n");
    let others = "servers: {web-1: {address: a, credential: ops, jump: gate}}\n";
    registry.done(&Request { sources: vec![source("other.yml", others)], ..Request::default() });
    let refusal = registry.refusal_of(&pruning("version: 1\n"));
    assert_eq!(
        refusal.lines().collect::<Vec<_>>(),
        [
            "servers.yml: The credential ops cannot be removed: web-1 sign in with it",
            "servers.yml: The server gate cannot be removed: web-1 are reached through it",
        ]
    );
}

#[test]
fn a_file_of_a_newer_version_is_refused_whatever_else_it_says() {
    let registry = Registry::new();
    let refusal = registry.refusal("version: 2\nclusters: {a: b}\n");
    assert_eq!(refusal, "servers.yml:1:10: This file is of a newer version; this hannun reads version 1");
    assert!(registry.refusal("version: one\n").starts_with("servers.yml:1:10: Write a whole number"));
}

/// [`GOOD`] cut in the middle of a line, at every place.
fn cut() -> impl Iterator<Item = &'static str> {
    let ends = (0..GOOD.len()).filter(|end| GOOD.is_char_boundary(*end));
    ends.map(|end| &GOOD[..end]).filter(|cut| !cut.ends_with('\n'))
}

#[test]
fn sec_f11_nothing_is_removed_by_a_file_that_was_cut_in_the_middle_of_a_line() {
    let registry = Registry::new();
    registry.apply(GOOD);
    for cut in cut() {
        registry.refusal_of(&pruning(cut));
    }
}

#[test]
fn a_file_that_may_have_been_cut_in_the_middle_of_a_line_is_refused_or_says_so_in_its_plan() {
    let registry = Registry::new();
    registry.apply(GOOD);
    let mut planned = 0;
    for cut in cut() {
        match registry.plan_of(&request(cut)) {
            Planned::Rejected(_) => {}
            Planned::Ready(plan) => {
                planned += 1;
                let notes: Vec<String> = plan.notes.iter().map(ToString::to_string).collect();
                let sentence =
                    "servers.yml: The last line does not end: if the file was cut off, its last value is too";
                assert_eq!(notes, [sentence], "{cut}");
            }
        }
    }
    assert!(planned > 0, "YAML itself does not tell of all");
    let short = "servers: {web-1: 10.0.0.1}";
    let Planned::Ready(plan) = registry.plan_of(&Request { prune: Prune::These([].into()), ..request(short) }) else {
        panic!()
    };
    assert!(plan.notes.is_empty(), "in the browser the text stands beside its plan");
}

#[test]
fn sec_f11_a_circle_of_jump_servers_is_told_however_long_it_is() {
    let registry = Registry::new();
    for length in [17, 2_000] {
        let server = |n: usize| format!("  j{n:04}: {{address: a, jump: j{:04}}}\n", (n + 1) % length);
        let text =
            format!("servers:\n{}  far: {{address: a, jump: j0003}}\n", (0..length).map(server).collect::<String>());
        let refusal = registry.refusal(&text);
        assert!(refusal.contains("Jump servers form a circle: j0000 → j0001 → "), "{refusal}");
        assert_eq!(refusal.lines().count(), 1, "it is told once, and not at what leads into it");
        assert!(refusal.len() < 400, "{refusal}");
    }
}

#[test]
fn labels_are_bounded_however_they_are_written_and_wherever_they_come_from() {
    let registry = Registry::new();
    let long = "x".repeat(64);
    let listed = registry.refusal(&format!("servers: {{web-1: {{address: a, labels: [ok, {long}]}}}}\n"));
    assert!(listed.starts_with("servers.yml:1:44: At most 64 labels"), "{listed}");
    let labels = |from: usize| (from..from + 40).map(|n| format!("l{n}: x")).collect::<Vec<_>>().join(", ");
    let merged = format!(
        "defaults: {{labels: {{{}}}}}\ngroups: {{web: {{labels: {{{}}}}}}}\nservers: {{web-1: {{address: a, groups: [web]}}, web-2: a}}\n",
        labels(0),
        labels(30)
    );
    assert_eq!(
        registry.refusal(&merged),
        "servers.yml:3:11: web-1 has 70 labels with those of its groups and the defaults; at most 64 fit"
    );
    let servers = (0..6_000).map(|n| format!("  s{n}: a\n")).collect::<Vec<_>>().concat();
    let all = registry.refusal(&format!("defaults: {{labels: {{{}}}}}\nservers:\n{servers}", labels(0)));
    assert!(all.ends_with("The servers of this file have more than 200000 labels altogether"), "{all}");
    assert_eq!(all.lines().count(), 1);
}

#[test]
fn a_number_is_as_large_as_its_key_says_and_a_problem_of_the_defaults_is_told_once() {
    let registry = Registry::new();
    assert_eq!(registry.refusal("version: 0\n"), "servers.yml:1:10: Write a whole number from 1 to 1");
    let system = "systems: [{name: a, host: b, port: 70000}]\n";
    assert_eq!(registry.refusal(system), "servers.yml:1:36: Write a whole number from 1 to 65535");
    assert_eq!(registry.refusal("defaults: {user: [a]}\n"), "servers.yml:1:18: Write one value here");
    assert_eq!(registry.refusal("defaults: {user: -x}\n").lines().count(), 1);
}

#[test]
fn sec_f11_bombs_depth_tags_and_keys_that_come_twice_are_refused_at_once() {
    let registry = Registry::new();
    let laughs = (1..10).fold("a0: &a0 [lol]\n".to_owned(), |mut text, level| {
        writeln!(text, "a{level}: &a{level} [{}]", format!("*a{}, ", level - 1).repeat(10)).unwrap();
        text
    });
    let deep = format!("servers: {}\n", "[".repeat(10_000));
    let many = format!("servers:\n{}", "  - x\n".repeat(60_000));
    let long = format!("# {}\n", "x".repeat(1 << 20));
    for text in [
        laughs.as_str(),
        &deep,
        &many,
        &long,
        "servers: !!python/object:os.system [id]\n",
        "servers: {web-1: a, web-1: b}\n",
        "servers: {web-1: {address: a, address: b}}\n",
        "version: 1\nversion: 1\n",
        "servers: {? [a] : b}\n",
        "\0",
        "servers: [\u{feff}",
        "- a\n",
        "just text\n",
        "",
        "# nothing but a remark\n",
        "--- a\n--- b\n",
    ] {
        let refusal = registry.refusal(text);
        assert!(refusal.starts_with("servers.yml"), "{refusal}");
        assert_eq!(refusal.lines().count(), 1, "{refusal}");
    }
}

#[test]
fn sec_f11_a_few_lines_do_not_stand_for_more_than_a_machine_can_hold() {
    let registry = Registry::new();
    let named = |beginning: &str, many: usize, between: &str| {
        (0..many).map(|number| format!("{beginning}{number}")).collect::<Vec<_>>().join(between)
    };
    let servers = named("  s", 12_000, ": a\n");
    let text = format!("defaults: {{groups: [{}]}}\nservers:\n{servers}: a\n", named("g", 20_000, ","));
    let refusal = registry.refusal(&text);
    assert!(refusal.ends_with("A server is in at most 100 groups"), "{refusal}");

    let groups = named("g", 12_000, ", ");
    let wrong = (0..5_000).map(|number| format!("  s{number}: {{address: a, credential: x{number}}}\n"));
    let text = format!("groups: [{groups}]\nservers:\n{}", wrong.collect::<Vec<_>>().concat());
    assert_eq!(registry.refusal(&text).lines().count(), 101);
}

#[test]
fn more_problems_than_anybody_reads_are_counted() {
    let registry = Registry::new();
    let mut text = "servers:\n".to_owned();
    for number in 0..300 {
        writeln!(text, "  web-{number}: {{address: 10.0.0.1, port: none}}").unwrap();
    }
    let refusal = registry.refusal(&text);
    assert_eq!(refusal.lines().count(), 101);
    assert!(refusal.ends_with("There are 200 problems more"));
}

#[test]
fn two_files_may_refer_to_one_another_but_not_define_the_same() {
    let registry = Registry::new();
    let together = |one: &str, two: &str| {
        let sources = vec![source("groups.yml", one), source("servers.yml", two)];
        Request { sources, ..Request::default() }
    };
    registry.done(&together("groups: [web]\n", "servers: {web-1: {address: a, groups: [web]}}\n"));
    assert_eq!(registry.server("web-1").managed_by.as_deref(), Some("servers.yml"));
    let refusal = registry.refusal_of(&together("servers: {web-1: a}\n", "\n\nservers: {web-1: b}\n"));
    assert_eq!(refusal, "servers.yml:3:11: There are two servers named web-1");
}

#[test]
fn a_command_that_the_catalogue_does_not_take_is_refused_where_it_stands() {
    let registry = Registry::new();
    let text = "commands:\n  - {type: list_processes, name: Bad Name, run: a}\n  - {type: list_processes, name: ok, run: a, format: xml}\n  - {type: list_processes, name: ps-procps, run: a}\n";
    let refusal = registry.refusal(text);
    let places: Vec<&str> = refusal.lines().filter_map(|line| line.split(": ").next()).collect();
    assert_eq!(places, ["servers.yml:2:34", "servers.yml:3:34", "servers.yml:4:34"], "{refusal}");
}

#[test]
fn sec_x03_any_text_is_planned_or_refused() {
    let registry = Registry::new();
    let texts = "((servers|groups|credentials|defaults|version|commands|name|address|jump|labels|- |  |: |\n|\\{|\\}|\\[|\\]|, |web-1|~|1|\"|'|é)){0,40}";
    let mut planned = 0;
    for text in ["servers: {web-1: 1}", "groups: [web-1]", "credentials:"] {
        planned += usize::from(matches!(registry.plan_of(&request(text)), Planned::Ready(_)));
    }
    assert_eq!(planned, 3, "some of such texts are in order");
    let mut runner = TestRunner::new(Config { cases: 400, failure_persistence: None, ..Config::default() });
    let outcome = runner.run(&texts, |text| {
        let _ = hannun::inventory::references(0, &source("servers.yml", &text));
        match registry.plan_of(&request(&text)) {
            Planned::Ready(_) => {}
            Planned::Rejected(problems) => assert!(!problems.is_empty(), "{text}"),
        }
        Ok(())
    });
    outcome.unwrap();
}
