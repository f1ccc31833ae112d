//! What a script does, in one line for the people who read where a number came from. Pure.

/// A line is cut after this many characters; pages cut it where their room ends.
const LONGEST: usize = 200;

/// How lines begin that run no program of their own: marks between answers, words of the shell.
const SILENT: [&str; 18] = [
    "#", "echo ", "printf ", "if ", "then", "else", "elif ", "fi", "for ", "do", "done", "case ", "esac", "exit",
    "{ read ", "[ ", "set ", "export ",
];

/// How a line begins by which a long script says itself what it does.
const SAID: &str = "#: ";

/// `ps -eo pid=,args=; cat /proc/[0-9]*/stat`; of a loop the files that it reads for each sample. What a script says of
/// itself in a line that begins with `#:` is said.
pub fn told(script: &str) -> String {
    if let Some(said) = script.lines().find_map(|line| line.trim().strip_prefix(SAID)) {
        return cut(said);
    }
    let mut line = if script.contains("<&3") { files(script) } else { programs(script) };
    if line.is_empty() {
        let does_something = |line: &&str| !line.is_empty() && !line.starts_with('#');
        script.lines().map(str::trim).find(does_something).unwrap_or_default().clone_into(&mut line);
    }
    cut(&line)
}

/// What is cut says so: it is no command that anybody could run.
fn cut(line: &str) -> String {
    match line.char_indices().nth(LONGEST) {
        None => line.to_owned(),
        Some(_) => line.chars().take(LONGEST - 1).chain(['…']).collect(),
    }
}

fn programs(script: &str) -> String {
    let mut found: Vec<String> = Vec::new();
    for line in script.lines().map(str::trim).filter(|line| !line.is_empty()) {
        if SILENT.iter().any(|word| line.starts_with(word)) || is_assignment(line) {
            continue;
        }
        let plain = line.replace(" 2>/dev/null", "").replace("$as_root ", "");
        let plain = plain.split(" || ").next().unwrap_or_default();
        // What a script notes for itself is no program.
        let plain = plain.split(" && ").filter(|part| !is_assignment(part)).collect::<Vec<_>>().join(" && ");
        if !found.contains(&plain) {
            found.push(plain);
        }
    }
    found.join("; ")
}

fn is_assignment(line: &str) -> bool {
    let name = line.split('=').next().unwrap_or_default();
    name.len() < line.len() && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

fn files(script: &str) -> String {
    let mut found = vec!["read"];
    for at in script.match_indices("/proc/").map(|(at, _)| at) {
        let rest = script.get(at..).unwrap_or_default();
        let end = rest.find(|c: char| !c.is_ascii_alphanumeric() && !"/_-.".contains(c)).unwrap_or(rest.len());
        let file = rest.get(..end).unwrap_or_default().trim_end_matches('/');
        if !found.contains(&file) {
            found.push(file);
        }
    }
    // A loop on a system without /proc is told by its programs.
    if found.len() > 1 { found.join(" ") } else { programs(script) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::{Catalog, CommandType};

    #[test]
    fn a_long_script_says_itself_what_it_does() {
        assert_eq!(told("LC_ALL=C\n  #: mv \"$path\" \"$to\"\nwork='x'\nsh -c \"$work\""), "mv \"$path\" \"$to\"");
    }

    #[test]
    fn marks_and_words_of_the_shell_are_left_out() {
        let script = "echo @mounts\ncat /proc/self/mounts\nnow=$(date)\necho @df\ntimeout 5 df -P -k 2>/dev/null\n\
                      if [ $? -ge 124 ]; then df -l; fi\nexit 0\n";
        assert_eq!(told(script), "cat /proc/self/mounts; timeout 5 df -P -k");
        assert_eq!(told("# hello\nps -eo pid=,args= || exit\n"), "ps -eo pid=,args=");
        assert_eq!(told("$as_root nft list && told=yes || echo @failed\n"), "nft list");
    }

    #[test]
    fn a_line_that_is_too_long_says_that_it_goes_on() {
        assert_eq!(told(&"é".repeat(LONGEST)), "é".repeat(LONGEST));
        let cut = told(&"é".repeat(LONGEST + 1));
        assert!(cut.ends_with("é…") && cut.chars().count() == LONGEST, "{cut}");
    }

    #[test]
    fn a_script_of_words_of_the_shell_is_told_by_its_first() {
        assert_eq!(told("# how many\n\necho 5\nexit 0"), "echo 5");
    }

    #[test]
    fn what_is_built_in_is_told_without_the_words_of_a_shell() {
        for command_type in [CommandType::SampleMetrics, CommandType::ListConnections, CommandType::MeasureDirectories]
        {
            for variant in Catalog::built_in().variants(command_type) {
                let told = told(&variant.script);
                let plain = told.replace("\"$path\"", "");
                assert!(
                    !told.is_empty() && !plain.contains(['{', '}', '$', '<', '>', '|', '@']),
                    "{}: {told}",
                    variant.name
                );
                assert!(!["while", "exec", "as_root", "tick"].iter().any(|word| told.contains(word)), "{told}");
            }
        }
    }

    #[test]
    fn a_loop_is_told_by_what_it_reads() {
        let script =
            "exec mawk '{ getline line < \"/proc/stat\"; close(\"/proc/stat\"); getline < \"/proc/net/dev\" }' <&3";
        assert_eq!(told(script), "read /proc/stat /proc/net/dev");
    }
}
