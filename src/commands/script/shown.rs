//! The values of a script as people read them before it runs.

use super::Parameters;

impl Parameters {
    /// The values as a shell would be given them, for people: `path='/var/log'; `. What is sent is made elsewhere.
    pub fn shown(&self) -> String {
        let mut lines = Vec::new();
        for (name, value) in &self.0 {
            let one = Self(vec![(name, value.clone())]);
            // A value that cannot be sent is not shown either.
            if one.assign(&mut lines).is_ok() {
                lines.pop();
                lines.extend_from_slice(b"; ");
            }
        }
        String::from_utf8_lossy(&lines).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::script::Value;

    #[test]
    fn values_are_shown_as_a_shell_is_given_them() {
        let parameters =
            Parameters::default().with("path", Value::Text(b"/it's".to_vec())).with("n", Value::Integer(4));
        assert_eq!(parameters.shown(), "path='/it'\\''s'; n='4'; ");
    }
}
