//! Logs: one line per event on standard error, never a secret, never a raw control character (X04).

use std::fmt;
use std::io;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::{DefaultFields, Format, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

/// Starts logging with `filter`; a filter that cannot be read falls back to `info` and says so.
pub fn start(filter: &str) {
    let (parsed, problem) = match EnvFilter::try_new(without_ssh(filter)) {
        Ok(parsed) => (parsed, None),
        Err(problem) => (EnvFilter::new(without_ssh("info")), Some(problem)),
    };
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(parsed)
        .with_writer(io::stderr)
        .with_ansi(false)
        .event_format(Escaped(Format::default().with_target(true)))
        .finish();
    // A second start (a test binary) keeps the first subscriber.
    if subscriber.try_init().is_ok()
        && let Some(problem) = problem
    {
        tracing::warn!(%problem, "HANNUN_LOG could not be read; logging at level info");
    }
}

/// What the libraries say of themselves at each start is for those who ask by name; the last directive about one counts.
const LIBRARIES: [&str; 4] = ["actix_server=warn", "apalis_core=warn", "apalis_postgres=warn", "sqlx=warn"];

/// `filter` with the SSH library silenced, also where it is named: in detail it writes down passwords, as bytes (S06), and
/// in short a line for whatever a server sends it, as often as it is sent.
fn without_ssh(filter: &str) -> String {
    let others = filter.split(',').filter(|directive| !directive.contains("russh"));
    LIBRARIES.into_iter().chain(others).chain(["russh=off"]).collect::<Vec<_>>().join(",")
}

/// Formats an event on one line, with every control character written out.
struct Escaped(Format);

impl<S, N> FormatEvent<S, N> for Escaped
where
    S: tracing::Subscriber + for<'a> LookupSpan<'a>,
    N: for<'a> FormatFields<'a> + 'static,
    DefaultFields: for<'a> FormatFields<'a>,
{
    fn format_event(
        &self,
        context: &FmtContext<'_, S, N>,
        mut writer: Writer<'_>,
        event: &tracing::Event<'_>,
    ) -> fmt::Result {
        let mut line = String::with_capacity(160);
        self.0.format_event(context, Writer::new(&mut line), event)?;
        writer.write_str(&escape(line.trim_end_matches('\n')))?;
        writer.write_char('\n')
    }
}

/// `text` with control characters, line separators and direction marks written as `\u{…}`.
pub fn escape(text: &str) -> String {
    text.chars().fold(String::with_capacity(text.len()), |mut out, character| {
        if character.is_control()
            || matches!(character, '\u{2028}' | '\u{2029}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
        {
            out.extend(character.escape_unicode());
        } else {
            out.push(character);
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sec_s06_the_ssh_library_cannot_be_made_to_log() {
        assert!(without_ssh("info").ends_with("sqlx=warn,info,russh=off"));
        let asked = "debug, russh::client=trace,hannun=trace,[span]=info,russh=trace";
        assert!(without_ssh(asked).ends_with("sqlx=warn,debug,hannun=trace,[span]=info,russh=off"));
    }

    #[test]
    fn sec_x04_a_log_line_shows_control_characters_instead_of_obeying_them() {
        assert_eq!(escape("a\u{1b}[2J\r\nb\u{202e}c"), "a\\u{1b}[2J\\u{d}\\u{a}b\\u{202e}c");
        assert_eq!(escape("한눈 ok"), "한눈 ok");
    }
}
