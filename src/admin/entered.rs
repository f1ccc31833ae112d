//! What somebody typed into a form, as it came. It may hold secrets: never printed, wiped when dropped.

use crate::secret::SecretText;

/// The fields of a posted form, in their order.
#[derive(Default)]
pub struct Entered(Vec<(String, SecretText)>);

impl Entered {
    /// Reads a form body (`application/x-www-form-urlencoded`).
    pub fn parse(body: &[u8]) -> Self {
        let pairs = form_urlencoded::parse(body);
        Self(pairs.map(|(name, value)| (name.into_owned(), SecretText::new(value.into_owned()))).collect())
    }

    /// Every value of a field, in the order in which they were sent.
    pub fn all(&self, name: &str) -> Vec<&str> {
        self.0.iter().filter(|(known, _)| known == name).map(|(_, value)| value.expose().as_str()).collect()
    }

    /// The only, or last, value of a field; empty where it was not sent.
    pub fn one(&self, name: &str) -> &str {
        self.all(name).pop().unwrap_or_default()
    }

    /// The last value of a field, and the others without it.
    #[must_use]
    pub fn taken(mut self, name: &str) -> (String, Self) {
        let value = self.one(name).to_owned();
        self.0.retain(|(known, _)| known != name);
        (value, self)
    }

    /// Whether the field was sent at all.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, _)| known == name)
    }

    /// The names of all fields that were sent.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|(name, _)| name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_with_its_repeated_fields() {
        let entered = Entered::parse(b"name=web-1&groups=a&groups=b%26c&note=%EA%B0%80+b");
        assert_eq!(entered.one("name"), "web-1");
        assert_eq!(entered.all("groups"), ["a", "b&c"]);
        assert_eq!(entered.one("note"), "가 b");
        assert_eq!((entered.one("absent"), entered.has("absent")), ("", false));
    }
}
