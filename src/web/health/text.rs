//! The text format of Prometheus: a family of figures with its help, type and samples. Pure.

use std::fmt::Write;

/// Families, one after the other.
#[derive(Debug, Default)]
pub(super) struct Text(String);

impl Text {
    /// One family of figures that go up and down. Samples without a finite value are left out; a family without samples
    /// is not written.
    pub(super) fn gauges(&mut self, name: &str, help: &str, samples: &[(Vec<(&str, &str)>, f64)]) {
        let samples: Vec<_> = samples.iter().filter(|(_, value)| value.is_finite()).collect();
        if samples.is_empty() {
            return;
        }
        self.line(format_args!("# HELP {name} {}", escape(help, false)));
        self.line(format_args!("# TYPE {name} gauge"));
        for (labels, value) in samples {
            let labels: Vec<String> =
                labels.iter().map(|(label, value)| format!("{label}=\"{}\"", escape(value, true))).collect();
            if labels.is_empty() {
                self.line(format_args!("{name} {value}"));
            } else {
                self.line(format_args!("{name}{{{}}} {value}", labels.join(",")));
            }
        }
    }

    /// Everything that was written.
    pub(super) fn finish(self) -> String {
        self.0
    }

    fn line(&mut self, line: std::fmt::Arguments<'_>) {
        // Writing into a String cannot fail.
        let _ = writeln!(self.0, "{line}");
    }
}

/// Backslashes and line ends, and in labels quotes, as the format wants them. Other control characters are dropped:
/// a server chose this text.
fn escape(text: &str, is_label: bool) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\\' => escaped.push_str("\\\\"),
            '\n' => escaped.push_str("\\n"),
            '"' if is_label => escaped.push_str("\\\""),
            character if character.is_control() => {}
            character => escaped.push(character),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_name_cannot_forge_a_sample() {
        let mut text = Text::default();
        let hostile = "sda\"} 1\nhannun_up 0\r\\";
        text.gauges("hannun_x", "Help\nme", &[(vec![("device", hostile)], 1.5), (Vec::new(), f64::NAN)]);
        assert_eq!(
            text.finish(),
            "# HELP hannun_x Help\\nme\n# TYPE hannun_x gauge\nhannun_x{device=\"sda\\\"} 1\\nhannun_up 0\\\\\"} 1.5\n"
        );
    }

    #[test]
    fn a_family_without_values_is_not_written() {
        let mut text = Text::default();
        text.gauges("hannun_x", "Help", &[(Vec::new(), f64::INFINITY)]);
        assert_eq!(text.finish(), "");
    }
}
