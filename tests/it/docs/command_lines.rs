//! Every command line that begins with `hannun` is one that the program takes.

use clap::error::ErrorKind;

use super::pages;

/// The arguments behind `hannun` in a line of a shell, if it runs it.
fn arguments(line: &str) -> Option<Vec<String>> {
    let words: Vec<&str> = line.split_whitespace().take_while(|word| *word != "#").collect();
    let at = words.iter().enumerate().position(|(at, word)| {
        let before = at.checked_sub(1).and_then(|before| words.get(before)).copied().unwrap_or_default();
        let next = words.get(at + 1).copied().unwrap_or_default();
        // `-u hannun` is the account, `exec hannun hannun` the service, `hannun ALL=` a line of sudoers, `hannun /usr` a copy.
        let is_a_name = before.starts_with('-')
            || next == "hannun"
            || next.contains("ALL=")
            || next.starts_with('/')
            || next.is_empty();
        (*word == "hannun" || word.ends_with("/hannun")) && !is_a_name
    })?;
    let rest = words[at..].iter().take_while(|word| !matches!(**word, "|" | ">" | "&&" | ";"));
    Some(rest.map(|word| word.trim_matches(['"', '\'']).to_owned()).collect())
}

/// What is wrong with a command line, if anything.
fn problem(line: &str) -> Option<String> {
    let arguments = arguments(line)?;
    match hannun::cli::command().try_get_matches_from(arguments) {
        Ok(_) => None,
        Err(said) if matches!(said.kind(), ErrorKind::DisplayHelp | ErrorKind::DisplayVersion) => None,
        Err(said) => Some(format!("{line}: {said}")),
    }
}

#[test]
fn every_command_line_of_the_pages_is_taken() {
    let (mut problems, mut seen) = (Vec::new(), 0);
    for page in pages() {
        let shell = page.blocks().into_iter().filter(|block| block.language == "sh");
        let lines: Vec<String> = shell
            .flat_map(|block| block.text.replace("\\\n", " ").lines().map(str::to_owned).collect::<Vec<_>>())
            .collect();
        let spans = page.code_spans().into_iter().filter(|span| span.starts_with("hannun "));
        for line in lines.into_iter().chain(spans) {
            seen += usize::from(arguments(&line).is_some());
            problems.extend(problem(&line).map(|problem| format!("{}: {problem}", page.name())));
        }
    }
    assert!(seen > 20, "{seen}");
    assert!(problems.is_empty(), "{problems:#?}");
}

#[test]
fn every_example_of_the_help_is_taken() {
    let mut waiting = vec![hannun::cli::command()];
    let mut problems = Vec::new();
    while let Some(command) = waiting.pop() {
        let examples = command.get_after_help().map(ToString::to_string).unwrap_or_default();
        problems.extend(examples.lines().filter(|line| line.starts_with("  ")).filter_map(problem));
        waiting.extend(command.get_subcommands().cloned());
    }
    assert!(problems.is_empty(), "{problems:#?}");
}

#[test]
fn every_subcommand_is_shown_somewhere() {
    let text: String = pages().iter().map(|page| page.text.clone()).collect();
    for command in hannun::cli::command().get_subcommands() {
        assert!(text.contains(&format!("hannun {}", command.get_name())), "{}", command.get_name());
    }
}

#[test]
fn a_wrong_command_line_is_found() {
    assert!(problem("sudo -u hannun env HANNUN_DATA_DIR=/x hannun servers --json | head").is_none());
    assert!(problem("docker compose exec hannun hannun doctor").is_none());
    assert!(problem("sudo systemctl restart hannun").is_none());
    assert!(problem("hannun serve --frobnicate").is_some());
    assert!(problem("printf x | hannun user add anna --role king --password-stdin").is_some());
}
