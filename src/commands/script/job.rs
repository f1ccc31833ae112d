//! The text of a script that runs detached: in a file of its own, with nobody at the other end.

use super::{Locale, PATH, Parameters, ScriptError};

/// What `/bin/sh FILE` is given to run `script` with its values: `"$file"` and `"$after"` are its own two arguments, and
/// `$as_root` is nothing, because who needs root is root already.
pub fn detached(script: &str, parameters: &Parameters, locale: Locale) -> Result<Vec<u8>, ScriptError> {
    if script.contains('\0') || script.trim_end().ends_with('\\') {
        return Err(ScriptError::Script);
    }
    let locale = match locale {
        Locale::Utf8 => "C.UTF-8",
        Locale::Plain => "C",
    };
    let mut out = format!("LC_ALL={locale} LANG={locale} PATH={PATH}\n").into_bytes();
    out.extend_from_slice(b"export LC_ALL LANG PATH\nunset LANGUAGE CDPATH ENV BASH_ENV POSIXLY_CORRECT\n");
    out.extend_from_slice(b"as_root= file=$1 after=$2\n");
    parameters.assign(&mut out)?;
    out.extend_from_slice(script.trim_end().as_bytes());
    out.push(b'\n');
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::commands::script::Value;

    #[test]
    fn sec_p01_a_detached_script_is_constant_and_its_values_are_quoted() {
        let parameters = Parameters::default().with("package", Value::Text(b"a'; reboot; '".to_vec()));
        let text = detached("$as_root echo \"$package\"", &parameters, Locale::Plain).unwrap();
        let text = String::from_utf8(text).unwrap();
        assert!(text.ends_with("package='a'\\''; reboot; '\\'''\n$as_root echo \"$package\"\n"), "{text}");
        assert_eq!(detached("echo \\\n", &parameters, Locale::Plain), Err(ScriptError::Script));
    }
}
