//! Values of an INI inventory: a Python literal where it is one, else the text itself (`_parse_value` of the plugin `ini`).

/// What a value means as text; `None` for Python's `None`, which is no value.
pub(super) fn read(text: &str) -> Option<String> {
    let text = text.trim();
    match literal(text).or_else(|| literal(text.split_once('#')?.0.trim_end())) {
        Some(Literal::None) => None,
        Some(Literal::Text(text)) => Some(text),
        None => Some(text.to_owned()),
    }
}

enum Literal {
    None,
    Text(String),
}

/// A string in quotes, a whole number, `True`, `False` or `None`. Other literals make no sense in what we keep.
fn literal(text: &str) -> Option<Literal> {
    match text {
        "None" => return Some(Literal::None),
        "True" | "False" => return Some(Literal::Text(text.to_ascii_lowercase())),
        _ => {}
    }
    number(text).or_else(|| strings(text)).map(Literal::Text)
}

/// `2222`, `1_000`, `0x1f`: `022` is none.
fn number(text: &str) -> Option<String> {
    let (sign, digits) = text.strip_prefix('-').map_or(("", text), |digits| ("-", digits));
    let digits = digits.replace('_', "");
    if let Some(hex) = digits.strip_prefix("0x") {
        return u64::from_str_radix(hex, 16).ok().map(|number| format!("{sign}{number}"));
    }
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let is_plain = digits == "0" || !digits.starts_with('0');
    (is_number && is_plain).then(|| format!("{sign}{digits}"))
}

/// Strings in quotes, one after the other, as Python joins them.
fn strings(text: &str) -> Option<String> {
    let mut joined = String::new();
    let mut rest = text;
    while !rest.is_empty() {
        let quote = rest.chars().next().filter(|quote| matches!(quote, '\'' | '"'))?;
        let mut characters = rest.chars();
        characters.next();
        loop {
            match characters.next()? {
                end if end == quote => break,
                '\\' => match characters.next()? {
                    'n' => joined.push('\n'),
                    't' => joined.push('\t'),
                    'r' => joined.push('\r'),
                    same @ ('\\' | '\'' | '"') => joined.push(same),
                    other => joined.extend(['\\', other]),
                },
                plain => joined.push(plain),
            }
        }
        rest = characters.as_str().trim_start();
    }
    (!text.is_empty()).then_some(joined)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_what_python_makes_of_it() {
        for (text, expected) in [
            ("2222", Some("2222")),
            ("1_000", Some("1000")),
            ("0x1f", Some("31")),
            ("0123", Some("0123")),
            ("True", Some("true")),
            ("yes", Some("yes")),
            ("None", None),
            ("\"quoted\"", Some("quoted")),
            ("'it''s'", Some("its")),
            (r#""a\"b\n""#, Some("a\"b\n")),
            ("'open", Some("'open")),
            ("abc # c", Some("abc # c")),
            ("1 # c", Some("1")),
            ("~/.ssh/key", Some("~/.ssh/key")),
            ("", Some("")),
        ] {
            assert_eq!(read(text).as_deref(), expected, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn sec_x03_any_value_is_read(text in ".{0,60}") {
            let _ = read(&text);
        }
    }
}
