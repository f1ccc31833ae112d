//! Logs: one line per event on standard error, never a secret, never a raw control character (X04).

use std::fmt;
use std::io;

use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt::format::{DefaultFields, Format, Writer};
use tracing_subscriber::fmt::{FmtContext, FormatEvent, FormatFields};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;

/// What is never logged: the SSH library writes a line for whatever a server sends it, as often as it is sent.
const SILENT: &str = "russh=off";

/// Starts logging with `filter`; a filter that cannot be read falls back to `info` and says so.
pub fn start(filter: &str) {
    let (parsed, problem) = match EnvFilter::try_new(format!("{filter},{SILENT}")) {
        Ok(parsed) => (parsed, None),
        Err(problem) => (EnvFilter::new(format!("info,{SILENT}")), Some(problem)),
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
    fn sec_x04_a_log_line_shows_control_characters_instead_of_obeying_them() {
        assert_eq!(escape("a\u{1b}[2J\r\nb\u{202e}c"), "a\\u{1b}[2J\\u{d}\\u{a}b\\u{202e}c");
        assert_eq!(escape("한눈 ok"), "한눈 ok");
    }
}
