//! Passwords come from standard input, never from an argument or the environment (S07).

use std::io::{self, BufRead, IsTerminal};

use super::{Failure, output};
use crate::error::Error;
use crate::models::password::PasswordHasher;
use crate::secret::SecretText;
use crate::secret::password::{self, PasswordHash};

/// The first line of standard input, checked and hashed, as the password of `user`.
pub(super) async fn hash_from_stdin(user: &str) -> Result<PasswordHash, Failure> {
    let stdin = io::stdin();
    if stdin.is_terminal() {
        output::progress("Type the password and press Enter. It is shown as you type; a pipe hides it:");
        output::progress("  printf '%s\\n' \"$PASSWORD\" | hannun …");
    }
    let mut line = SecretText::default().expose().clone();
    stdin.lock().read_line(&mut line)?;
    let text = line.trim_end_matches(['\n', '\r']).to_owned();
    zeroize::Zeroize::zeroize(&mut line);
    let password = SecretText::new(text);
    if let Some(problem) = password::problem(&password, user) {
        return Err(Error::field("password", problem).into());
    }
    Ok(PasswordHasher::default().hash(password).await?)
}
