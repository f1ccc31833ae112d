//! The examples of `docs/api.md`, run in their order by a shell against a running hannun.

use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::harness::running::Running;
use crate::harness::skip::skip;

/// What an example needs beside the program.
const TOOLS: [&str; 2] = ["curl", "jq"];

fn is_installed(program: &str) -> bool {
    Command::new(program).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok()
}

/// A shell in which the examples run.
struct Shell<'h> {
    hannun: &'h Running,
    folder: tempfile::TempDir,
}

impl Shell<'_> {
    /// What `script` prints, if it succeeds.
    fn run(&self, script: &str) -> Result<String, String> {
        let output = Command::new("timeout")
            .args(["60", "bash", "-euc", script])
            .current_dir(self.folder.path())
            .env("HANNUN", &self.hannun.origin)
            .stdin(Stdio::null())
            .output()
            .unwrap();
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        if output.status.success() {
            return Ok(text(&output.stdout));
        }
        Err(format!("{}: {}{}", output.status, text(&output.stdout), text(&output.stderr)))
    }

    /// The header of a new administrator's token, where the page says that it is.
    fn make_token(&self) {
        let output = Command::new(env!("CARGO_BIN_EXE_hannun"))
            .args(["token", "create", "docs", "--role", "administrator"])
            .env("HANNUN_DATA_DIR", self.hannun.data_dir())
            .env_remove("DATABASE_URL")
            .output()
            .unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let token = String::from_utf8(output.stdout).unwrap();
        std::fs::write(self.folder.path().join("token-header"), format!("Authorization: Bearer {token}")).unwrap();
    }

    /// Until this machine's first numbers are stored.
    fn wait_for_numbers(&self) {
        let asked = r#"curl -fsS -H @token-header "$HANNUN/api/v1/servers/this-machine/metrics?names=load.1" | jq -e '.[0].points[0]'"#;
        let deadline = Instant::now() + Duration::from_secs(90);
        while self.run(asked).is_err() {
            assert!(Instant::now() < deadline, "no numbers came");
            std::thread::sleep(Duration::from_millis(500));
        }
    }
}

/// An example as it runs here: the server that is added is this machine once more.
fn here(script: &str, hannun: &Running) -> String {
    let demo = hannun.data_dir().join("demo");
    let port = std::fs::read_to_string(demo.join("port")).unwrap();
    let user = String::from_utf8(Command::new("id").arg("-un").output().unwrap().stdout).unwrap();
    script
        .replace("10.0.0.7", "127.0.0.1")
        .replace("\"port\": 22,", &format!("\"port\": {},", port.trim()))
        .replace("\"deploy\"", &format!("\"{}\"", user.trim()))
        .replace("~/.ssh/id_ed25519", Path::new(&demo).join("client_key").to_str().unwrap())
}

/// What `shown` has and `real` has not, or has in another shape. What is shown may be shortened.
fn differences(at: &str, shown: &Value, real: &Value) -> Vec<String> {
    match (shown, real) {
        (Value::Object(shown), Value::Object(real)) => shown
            .iter()
            .flat_map(|(key, value)| match real.get(key) {
                Some(real) => differences(&format!("{at}.{key}"), value, real),
                None => vec![format!("{at}.{key} is missing")],
            })
            .collect(),
        (Value::Array(shown), Value::Array(real)) => shown
            .iter()
            .enumerate()
            .flat_map(|(index, value)| match real.get(index) {
                Some(real) => differences(&format!("{at}[{index}]"), value, real),
                None => vec![format!("{at}[{index}] is missing")],
            })
            .collect(),
        (Value::Null, _) => Vec::new(),
        (Value::Bool(shown), Value::Bool(real)) if shown != real => vec![format!("{at} is {real}")],
        (shown, real) if std::mem::discriminant(shown) == std::mem::discriminant(real) => Vec::new(),
        (_, real) => vec![format!("{at} is {real}")],
    }
}

/// The lines that `shown` has and `real` has not; `…` stands for whatever follows.
fn missing_lines(shown: &str, real: &str) -> Vec<String> {
    let has = |line: &str| match line.split_once('…') {
        Some((beginning, _)) => real.lines().any(|real| real.starts_with(beginning)),
        None => real.lines().any(|real| real.trim_end() == line.trim_end()),
    };
    shown.lines().filter(|line| !has(line)).map(str::to_owned).collect()
}

#[test]
fn every_example_of_the_api_runs_and_answers_as_shown() {
    let test = "every_example_of_the_api_runs_and_answers_as_shown";
    if let Some(missing) = TOOLS.into_iter().find(|tool| !is_installed(tool)) {
        return skip(test, &format!("{missing} is not installed"));
    }
    let Some(hannun) = Running::demo(test) else { return };
    let shell = Shell { hannun: &hannun, folder: tempfile::tempdir().unwrap() };
    shell.make_token();
    shell.wait_for_numbers();
    let page = super::page("api.md");
    let (mut ran, mut said) = (0, String::new());
    for block in page.blocks() {
        match block.language {
            "sh" if block.text.contains("curl ") => {
                said = shell.run(&here(&block.text, &hannun)).unwrap_or_else(|why| panic!("{}\n{why}", block.text));
                ran += 1;
            }
            "json" => {
                let shown: Value = serde_json::from_str(&block.text).unwrap();
                let answers = serde_json::Deserializer::from_str(&said).into_iter::<Value>();
                let real = answers.last().unwrap_or_else(|| panic!("no answer to\n{}", block.text)).unwrap();
                let differences = differences("", &shown, &real);
                assert!(differences.is_empty(), "{differences:#?}\n{}\n{said}", block.text);
            }
            "text" if ran > 0 => {
                let missing = missing_lines(&block.text, &said);
                assert!(missing.is_empty(), "{missing:#?}\n{said}");
            }
            _ => {}
        }
    }
    assert!(ran > 12, "{ran}");
    let operations = super::page("operations.md").text;
    for entry in std::fs::read_dir(hannun.data_dir()).unwrap() {
        let name = entry.unwrap().file_name().to_string_lossy().into_owned();
        assert!(operations.contains(&format!("| `{name}")), "what {name} is, is not told");
    }
    assert_eq!(hannun.stop(), Some(0));
}

#[test]
fn what_is_shown_and_is_not_so_is_found() {
    let shown = serde_json::json!({ "ok": true, "items": [{ "name": "a", "next": null }] });
    let same = serde_json::json!({ "ok": true, "items": [{ "name": "b", "next": "x", "more": 1 }] });
    assert!(differences("", &shown, &same).is_empty());
    let other = serde_json::json!({ "ok": false, "items": [{ "name": 1 }] });
    assert_eq!(differences("", &shown, &other), [".ok is false", ".items[0].name is 1", ".items[0].next is missing"]);
    assert!(missing_lines("event: sample\ndata: {…\n", "event: sample\ndata: {\"at\"\n").is_empty());
    assert_eq!(missing_lines("HTTP/1.1 200 OK\n", "HTTP/1.1 201 Created\r\n"), ["HTTP/1.1 200 OK"]);
}
