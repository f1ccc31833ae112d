use super::hannun::{finish, hannun};

#[test]
fn every_subcommand_has_help_with_an_example() {
    let mut waiting: Vec<(Vec<String>, clap::Command)> = vec![(Vec::new(), ::hannun::cli::command())];
    let mut seen = 0;
    while let Some((words, command)) = waiting.pop() {
        let arguments: Vec<&str> = words.iter().map(String::as_str).chain(["--help"]).collect();
        let help = finish(hannun(&arguments), "").done();
        assert!(help.contains("Example"), "{words:?}:\n{help}");
        assert!(help.contains(&format!("hannun {}", words.join(" "))), "{words:?}:\n{help}");
        seen += 1;
        waiting.extend(command.get_subcommands().map(|subcommand| {
            let words = words.iter().cloned().chain([subcommand.get_name().to_owned()]).collect();
            (words, subcommand.clone())
        }));
    }
    assert!(seen > 15, "{seen}");
    assert!(finish(hannun(&["--version"]), "").done().starts_with("hannun "));
}

#[test]
fn every_environment_variable_is_listed_with_its_default_and_an_example() {
    let help = finish(hannun(&["help", "config"]), "").done();
    for variable in ::hannun::config::VARIABLES {
        assert!(help.contains(&format!("{}\n", variable.name)), "{}", variable.name);
        assert!(help.contains(&format!("example: {}={}", variable.name, variable.example)), "{}", variable.name);
    }
}

#[test]
fn help_about_a_subcommand_is_its_own_help() {
    assert_eq!(
        finish(hannun(&["help", "user", "add"]), "").done(),
        finish(hannun(&["user", "add", "--help"]), "").done()
    );
    assert!(finish(hannun(&["help", "nothing"]), "").failed(2).contains("`nothing`"));
}

#[test]
fn wrong_usage_is_status_2_and_on_standard_error() {
    for arguments in [
        &["frobnicate"][..],
        &["user", "add", "anna"],
        &["user", "add", "anna", "--role", "king", "--password-stdin"],
        &[],
    ] {
        let complaint = finish(hannun(arguments), "").failed(2);
        assert!(complaint.contains("Usage") || complaint.contains("viewer, operator or administrator"), "{complaint}");
    }
}

#[test]
fn a_setting_that_cannot_be_read_stops_everything_with_its_name() {
    let mut command = hannun(&["servers"]);
    command.env("HANNUN_BIND", "nowhere").env("HANNUN_KEEP_1M", "long");
    let complaint = finish(command, "").failed(1);
    assert!(complaint.contains("HANNUN_BIND=127.0.0.1:9000") && complaint.contains("HANNUN_KEEP_1M"), "{complaint}");
}

#[test]
fn a_reader_that_leaves_early_is_no_failure() {
    let mut command = hannun(&["help", "config"]);
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let mut child = command.spawn().unwrap();
    drop(child.stdout.take());
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{output:?}");
    assert!(output.stderr.is_empty(), "{output:?}");
}
