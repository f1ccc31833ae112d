//! Values reach a script as they are, and a script reaches the shell whole.

use hannun::commands::script::{Parameters, Value};

use super::shell::{run, shells};

/// Bytes that differ from run to run of the generator, not from run to run of the test.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from(self.0 % sides as u64).unwrap()
    }

    /// Any bytes but NUL, with a taste for what shells care about.
    fn value(&mut self) -> Vec<u8> {
        const SPICE: &[&[u8]] = &[
            b"'",
            b"\"",
            b"`id`",
            b"$(id)",
            b"${x}",
            b"\n",
            b"\r",
            b"\r\n",
            b"!",
            b"!!",
            b"\\",
            b"\\'",
            b"-rf",
            b"-n",
            b"*",
            b"~",
            b"#",
            b";",
            b"&&",
            b"|",
            b"<",
            b">",
            b"\t",
            b" ",
            b"%s",
            b"%n",
            b"'\\''",
            b"EOF",
            b"}",
            b"{",
            b"exit\n",
            b"\x01",
            b"\x7f",
            b"\x80",
            b"\x81",
            b"\x88",
            b"\xff",
            b"\xc3\xa9",
            b"\xed\xa0\x80",
            b"\x1b[31m",
            "한눈".as_bytes(),
        ];
        let mut value = Vec::new();
        for _ in 0..self.roll(12) {
            match self.roll(3) {
                0 => value.push(u8::try_from(1 + self.roll(255)).unwrap()),
                _ => value.extend_from_slice(SPICE[self.roll(SPICE.len())]),
            }
        }
        value
    }
}

/// Names of parameters are literals: `v0` to `v999`.
fn names() -> Vec<&'static str> {
    (0..1000).map(|number| &*Box::leak(format!("v{number}").into_boxed_str())).collect()
}

#[test]
fn sec_p01_ten_thousand_values_come_back_as_they_were() {
    let names = names();
    let uses = names.iter().flat_map(|name| [" \"$", name, "\""]).collect::<String>();
    // One program for all of them, because there are shells without a printf of their own.
    let script = format!("printf '%s\\000'{uses}");
    for shell in shells("sec_p01_ten_thousand_values_come_back_as_they_were") {
        let mut dice = Dice(0x9e37_79b9_7f4a_7c15);
        for round in 0..10 {
            let values: Vec<Vec<u8>> = names.iter().map(|_| dice.value()).collect();
            let parameters = names
                .iter()
                .zip(&values)
                .fold(Parameters::default(), |all, (name, value)| all.with(name, Value::Text(value.clone())));
            let (out, err, status) = run(shell, &script, &parameters);
            let back: Vec<&[u8]> = out.split(|byte| *byte == 0).take(values.len()).collect();
            assert_eq!(back, values, "{shell}, round {round}");
            assert_eq!((String::from_utf8_lossy(&err).as_ref(), status), ("", 0), "{shell}");
        }
    }
}

#[test]
fn sec_p01_each_byte_comes_back_alone_and_among_others() {
    for shell in shells("sec_p01_each_byte_comes_back_alone_and_among_others") {
        let every: Vec<u8> = (1..=255).collect();
        let parameters =
            Parameters::default().with("every", Value::Text(every.clone())).with("number", Value::Integer(-4));
        let (out, _, _) = run(shell, "printf '%s%s' \"$every\" \"$number\"", &parameters);
        assert_eq!(out, [every.as_slice(), b"-4"].concat(), "{shell}");
    }
}

#[test]
fn sec_p02_a_command_that_reads_its_input_does_not_eat_the_rest_of_the_script() {
    for shell in shells("sec_p02_a_command_that_reads_its_input_does_not_eat_the_rest_of_the_script") {
        let (out, _, status) =
            run(shell, "cat\nread -r line\necho \"status $?\"\nhead -c 10\necho end\nexit 7", &Parameters::default());
        assert_eq!((String::from_utf8_lossy(&out).as_ref(), status), ("status 1\nend\n", 7), "{shell}");
    }
}

#[test]
fn the_exit_status_is_the_script_s() {
    for shell in shells("the_exit_status_is_the_script_s") {
        for (script, status) in [("true", 0), ("false", 1), ("exit 42", 42), ("(exit 3)", 3), ("echo hi # comment", 0)]
        {
            assert_eq!(run(shell, script, &Parameters::default()).2, status, "{shell}: {script}");
        }
    }
}

#[test]
fn sec_p05_no_script_has_a_terminal() {
    for shell in shells("sec_p05_no_script_has_a_terminal") {
        let (out, _, _) =
            run(shell, "tty\n[ -t 0 ] || [ -t 1 ] || [ -t 2 ] || [ -t 3 ] || echo none", &Parameters::default());
        assert_eq!(String::from_utf8_lossy(&out), "not a tty\nnone\n", "{shell}");
    }
}

#[test]
fn sec_p05_locale_and_path_are_fixed() {
    for shell in shells("sec_p05_locale_and_path_are_fixed") {
        let (out, _, _) = run(shell, "printf '%s\\n' \"$LC_ALL\" \"$PATH\"", &Parameters::default());
        let expected = "C\n/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin\n";
        assert_eq!(String::from_utf8_lossy(&out), expected, "{shell}");
    }
}

#[test]
fn a_script_that_no_shell_understands_says_so_and_never_gets_ready() {
    let script = super::shell::envelope("if true; then", &Parameters::default(), hannun::commands::Privilege::None);
    let mut shell = super::shell::Shell::start("dash", &script);
    shell.close();
    let said = shell.wait(|said| super::shell::contains(&said.err, "yntax error"));
    assert!(!super::shell::contains(&said.out, "READY-"));
}
