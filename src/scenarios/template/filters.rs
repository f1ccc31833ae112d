//! How values are written in texts: numbers as people read them, times in the scenario's zone. Pure.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use minijinja::{Environment, Error, ErrorKind, Value};

pub(super) fn add(environment: &mut Environment<'static>, zone: Tz) {
    environment.add_filter("round", |value: &Value, digits: Option<u8>| rounded(value, digits.unwrap_or(0)));
    environment.add_filter("bytes", |value: &Value| number(value).map(bytes));
    environment.add_filter("hm", move |value: &Value| time(value, zone, "%H:%M"));
    environment.add_filter("time", move |value: &Value| time(value, zone, "%Y-%m-%d %H:%M:%S"));
}

/// A number without digits that say nothing: `31.2`, `42`.
pub(super) fn plain(value: &Value) -> String {
    match (i64::try_from(value.clone()), f64::try_from(value.clone())) {
        (Ok(whole), _) => whole.to_string(),
        (_, Ok(number)) => {
            let digits = if number.abs() < 1.0 { 3 } else { 1 };
            let text = format!("{number:.digits$}");
            text.trim_end_matches('0').trim_end_matches('.').to_owned()
        }
        _ => value.to_string(),
    }
}

fn number(value: &Value) -> Result<f64, Error> {
    f64::try_from(value.clone()).map_err(|_no_number| Error::new(ErrorKind::InvalidOperation, "this is no number"))
}

fn rounded(value: &Value, digits: u8) -> Result<String, Error> {
    number(value).map(|number| format!("{number:.0$}", usize::from(digits.min(9))))
}

fn bytes(bytes: f64) -> String {
    let units = ["B", "KiB", "MiB", "GiB", "TiB", "PiB"];
    let (mut size, mut unit) = (bytes, 0);
    while size.abs() >= 1024.0 && unit + 1 < units.len() {
        size /= 1024.0;
        unit += 1;
    }
    let digits = usize::from(unit > 0 && size < 100.0);
    format!("{size:.digits$} {}", units.get(unit).copied().unwrap_or_default())
}

fn time(value: &Value, zone: Tz, format: &str) -> Result<String, Error> {
    let at: Option<DateTime<Utc>> = value.as_str().and_then(|text| text.parse().ok());
    at.map(|at| at.with_timezone(&zone).format(format).to_string())
        .ok_or_else(|| Error::new(ErrorKind::InvalidOperation, "this is no time"))
}
