//! The address of a database as a libpq service: one value a line, which no program shows.

use std::collections::BTreeMap;

use zeroize::Zeroizing;

use crate::secret::SecretText;

/// The name of the only service in the file.
pub(super) const NAME: &str = "hannun";

/// The service of `url`, a URL as libpq reads them; its password is `password` where it holds none.
pub(super) fn of(url: &SecretText, password: Option<&SecretText>) -> Result<Zeroizing<String>, &'static str> {
    let mut values = values(url.expose())?;
    if let (Some(password), false) = (password, values.contains_key("password")) {
        values.insert("password".to_owned(), Zeroizing::new(password.expose().clone()));
    }
    values.entry("connect_timeout".to_owned()).or_insert_with(|| Zeroizing::new("10".to_owned()));
    let mut text = Zeroizing::new(format!("[{NAME}]\n"));
    for (name, value) in &values {
        // A line is read without what is blank at its end, and ends where the next one begins.
        if value.chars().any(char::is_control) || value.trim_end() != value.as_str() {
            return Err("one of its values ends with a blank or holds a control character");
        }
        for part in [name.as_str(), "=", value.as_str(), "\n"] {
            text.push_str(part);
        }
    }
    Ok(text)
}

type Values = BTreeMap<String, Zeroizing<String>>;

/// `postgres://user:password@host1:5432,host2/database?name=value`: every part may be missing.
fn values(url: &str) -> Result<Values, &'static str> {
    let (_, rest) = url.split_once("://").ok_or("it has no ://")?;
    let (rest, parameters) = rest.split_once('?').unwrap_or((rest, ""));
    let (authority, database) = rest.split_once('/').unwrap_or((rest, ""));
    let (user, hosts) = authority.split_once('@').map_or((None, authority), |(user, hosts)| (Some(user), hosts));
    let (user, password) = user.map_or((None, None), |user| match user.split_once(':') {
        Some((user, password)) => (Some(user), Some(password)),
        None => (Some(user), None),
    });
    let mut found = Values::new();
    let mut add = |name: &str, value: &str| {
        let value = decoded(value)?;
        if !value.is_empty() {
            found.insert(name.to_owned(), value);
        }
        Ok::<_, &'static str>(())
    };
    add("user", user.unwrap_or_default())?;
    add("password", password.unwrap_or_default())?;
    add("dbname", database)?;
    let (hosts, ports): (Vec<&str>, Vec<&str>) = hosts.split(',').map(host_and_port).unzip();
    add("host", &hosts.join(","))?;
    if ports.iter().any(|port| !port.is_empty()) {
        add("port", &ports.join(","))?;
    }
    for parameter in parameters.split('&').filter(|parameter| !parameter.is_empty()) {
        let (name, value) = parameter.split_once('=').ok_or("one of its parameters has no value")?;
        match (name, value) {
            ("ssl", "true") => add("sslmode", "require")?,
            _ => add(&decoded(name)?, value)?,
        }
    }
    Ok(found)
}

/// `[::1]:5433` → `::1` and `5433`.
fn host_and_port(text: &str) -> (&str, &str) {
    if let Some((host, rest)) = text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        return (host, rest.trim_start_matches(':'));
    }
    text.split_once(':').unwrap_or((text, ""))
}

/// Without percent signs.
fn decoded(text: &str) -> Result<Zeroizing<String>, &'static str> {
    let problem = "it has a percent sign that no two hexadecimal digits follow";
    let mut bytes = Zeroizing::new(Vec::with_capacity(text.len()));
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let digit = |byte: Option<u8>| char::from(byte.unwrap_or_default()).to_digit(16);
        let (high, low) = (digit(rest.next()).ok_or(problem)?, digit(rest.next()).ok_or(problem)?);
        bytes.push(u8::try_from(high * 16 + low).map_err(|_impossible| problem)?);
    }
    String::from_utf8(std::mem::take(&mut *bytes)).map(Zeroizing::new).map_err(|_not_text| "it is no text in UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(url: &str) -> String {
        of(&SecretText::new(url.to_owned()), None).unwrap().replace('\n', " ")
    }

    #[test]
    fn an_address_says_the_same_as_a_service() {
        for (url, service) in [
            (
                "postgres:///hannun?host=%2Fvar%2Flib%2Fx&port=5432&user=hannun&sslmode=disable",
                "dbname=hannun host=/var/lib/x port=5432 sslmode=disable user=hannun",
            ),
            (
                "postgresql://anna:p%40ss%3Dw%20rd@db.lan:5433/hannun?ssl=true",
                "dbname=hannun host=db.lan password=p@ss=w rd port=5433 sslmode=require user=anna",
            ),
            ("postgres://[::1]:5433,db-2/x", "dbname=x host=::1,db-2 port=5433,"),
            ("postgres://db?password=x&user=y", "host=db password=x user=y"),
        ] {
            assert_eq!(lines(url), format!("[hannun] connect_timeout=10 {service} "), "{url}");
        }
    }

    #[test]
    fn what_a_line_cannot_hold_is_refused_and_not_repeated() {
        for url in ["postgres://a:hunter2%0Ahost=evil@db/x", "postgres://a:hunter2%20@db/x", "postgres://a:%zz@db/x"] {
            let said = of(&SecretText::new(url.to_owned()), None).unwrap_err();
            assert!(!said.contains("hunter2"), "{said}");
        }
    }

    #[test]
    fn a_password_of_the_environment_is_taken_where_the_address_has_none() {
        let password = SecretText::new("of the environment".to_owned());
        let of = |url: &str| of(&SecretText::new(url.to_owned()), Some(&password)).unwrap().to_string();
        assert!(of("postgres://a@db/x").contains("password=of the environment\n"));
        assert!(of("postgres://a:own@db/x").contains("password=own\n"));
    }
}
