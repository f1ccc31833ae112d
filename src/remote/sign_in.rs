//! Signing in: one credential, one try, exact prompts only (H08). Knows nothing of what comes after.

use std::sync::Arc;

use russh::client::{AuthResult, Handle, KeyboardInteractiveAuthResponse, Prompt};
use russh::keys::ssh_key::HashAlg;
use russh::keys::{PrivateKey, PrivateKeyWithHashAlg};
use russh::{MethodKind, MethodSet};

use super::endpoint::Endpoint;
use super::failure::{refused, words};
use super::gate::{Farewell, Gate, Seen};
use super::host_keys::is_rsa;
use crate::error::RemoteError;
use crate::language::Message;
use crate::secret::SecretText;

/// How often a server may ask before we leave (H08).
const ROUNDS: usize = 5;

/// What we prove ourselves with, ready to be used.
pub(super) enum Proof {
    /// A password.
    Password(SecretText),
    /// An opened private key.
    Key(Arc<PrivateKey>),
}

/// Signs in, or says why not; returns the method that let us in.
pub(super) async fn sign_in(
    handle: &mut Handle<Gate>,
    endpoint: &Endpoint,
    proof: &Proof,
    seen: &Seen,
) -> Result<&'static str, RemoteError> {
    match proof {
        Proof::Key(key) => {
            let hash = hash_for(handle, endpoint, key).await?;
            let key = PrivateKeyWithHashAlg::new(Arc::clone(key), hash);
            let answer = handle.authenticate_publickey(endpoint.user.clone(), key).await;
            judge(handle, endpoint, seen, answer).await.map(|()| "publickey")
        }
        Proof::Password(password) => by_password(handle, endpoint, password, seen).await,
    }
}

/// The hash that an RSA key signs with; SHA-1 only where old algorithms were allowed (H05).
async fn hash_for(
    handle: &Handle<Gate>,
    endpoint: &Endpoint,
    key: &PrivateKey,
) -> Result<Option<HashAlg>, RemoteError> {
    if !is_rsa(&key.algorithm()) {
        return Ok(None);
    }
    let best = handle.best_supported_rsa_hash().await.ok().flatten();
    match best {
        Some(Some(hash)) => Ok(Some(hash)),
        Some(None) | None if endpoint.legacy_algorithms => Ok(None),
        // A server that does not say takes the new ones, or is too old for us.
        None => Ok(Some(HashAlg::Sha512)),
        Some(None) => Err(RemoteError::NotNegotiable {
            server: endpoint.name.clone(),
            why: Message::new("it takes RSA keys only with SHA-1"),
        }),
    }
}

/// Asks first what the server takes, so that the password is sent once, in one way, and never tried again in another.
async fn by_password(
    handle: &mut Handle<Gate>,
    endpoint: &Endpoint,
    password: &SecretText,
    seen: &Seen,
) -> Result<&'static str, RemoteError> {
    let answer = handle.authenticate_none(endpoint.user.clone()).await;
    let methods = match answer {
        Ok(AuthResult::Success) => return Ok("none"),
        Ok(AuthResult::Failure { remaining_methods, .. }) => remaining_methods,
        Err(_) => MethodSet::empty(),
    };
    if methods.contains(&MethodKind::Password) {
        let answer = handle.authenticate_password(endpoint.user.clone(), password.expose().clone()).await;
        return judge(handle, endpoint, seen, answer).await.map(|()| "password");
    }
    if methods.contains(&MethodKind::KeyboardInteractive) {
        return by_questions(handle, endpoint, password, seen).await.map(|()| "keyboard-interactive");
    }
    Err(ended(handle, endpoint, seen).await)
}

async fn by_questions(
    handle: &mut Handle<Gate>,
    endpoint: &Endpoint,
    password: &SecretText,
    seen: &Seen,
) -> Result<(), RemoteError> {
    let mut answer = handle.authenticate_keyboard_interactive_start(endpoint.user.clone(), None).await;
    let mut told = false;
    for _ in 0..ROUNDS {
        let prompts = match answer {
            Ok(KeyboardInteractiveAuthResponse::Success) => return Ok(()),
            Ok(KeyboardInteractiveAuthResponse::InfoRequest { prompts, .. }) => prompts,
            Ok(KeyboardInteractiveAuthResponse::Failure { .. }) | Err(_) => {
                return Err(ended(handle, endpoint, seen).await);
            }
        };
        let mut answers = Vec::with_capacity(prompts.len());
        for prompt in &prompts {
            if !asks_for_password(prompt, &endpoint.user) {
                return Err(RemoteError::PromptRefused {
                    server: endpoint.name.clone(),
                    prompt: words(prompt.prompt.as_bytes()),
                });
            }
            // Asked again means that it was wrong; it is not told twice.
            if told {
                return Err(refused(endpoint));
            }
            told = true;
            answers.push(password.expose().clone());
        }
        answer = handle.authenticate_keyboard_interactive_respond(answers).await;
    }
    match answer {
        Ok(KeyboardInteractiveAuthResponse::Success) => Ok(()),
        Ok(KeyboardInteractiveAuthResponse::InfoRequest { .. }) => Err(RemoteError::PromptRefused {
            server: endpoint.name.clone(),
            prompt: format!("more than {ROUNDS} rounds of questions"),
        }),
        Ok(KeyboardInteractiveAuthResponse::Failure { .. }) | Err(_) => Err(ended(handle, endpoint, seen).await),
    }
}

/// Whether the server asks for this user's password, in one of the usual forms and without showing it.
fn asks_for_password(prompt: &Prompt, user: &str) -> bool {
    if prompt.echo {
        return false;
    }
    let text = prompt.prompt.trim_end();
    let is_host = |host: &str| {
        (1..=255).contains(&host.len())
            && host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-_:".contains(&byte))
    };
    let names_us = |rest: &str| rest.strip_prefix(user).and_then(|rest| rest.strip_prefix('@')).is_some_and(is_host);
    text == "Password:"
        || text.strip_prefix("Password for ").and_then(|rest| rest.strip_suffix(':')).is_some_and(names_us)
        || text.strip_suffix("'s password:").is_some_and(names_us)
}

async fn judge(
    handle: &mut Handle<Gate>,
    endpoint: &Endpoint,
    seen: &Seen,
    answer: Result<AuthResult, russh::Error>,
) -> Result<(), RemoteError> {
    match answer {
        Ok(AuthResult::Success) => Ok(()),
        Ok(AuthResult::Failure { .. }) | Err(_) => Err(ended(handle, endpoint, seen).await),
    }
}

/// Why we are not in: refused, or the connection went away; `russh` reports both as a refusal.
async fn ended(handle: &mut Handle<Gate>, endpoint: &Endpoint, seen: &Seen) -> RemoteError {
    // The task that knows how it ended may be a moment behind the answer that it gave.
    if handle.is_closed() {
        drop(handle.await);
    }
    let why = match seen.farewell() {
        None | Some(Farewell::NoMethodLeft) => return refused(endpoint),
        // OpenSSH's MaxAuthTries.
        Some(Farewell::Said(said)) if said.contains("authentication failures") => return refused(endpoint),
        Some(Farewell::Said(said)) => Message::new("it ended the sign-in and said: {said}").with("said", said),
        // A system that boots or goes down lets nobody but root in, and says so (pam_nologin).
        Some(Farewell::Silence | Farewell::Broken(_)) => match seen.banner() {
            Some(said) => Message::new("it ended the sign-in and said: {said}").with("said", said),
            None => Message::new("it closed the connection during the sign-in"),
        },
    };
    RemoteError::Unreachable { server: endpoint.name.clone(), why }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asks(text: &str, echo: bool) -> bool {
        asks_for_password(&Prompt { prompt: text.to_owned(), echo }, "deploy")
    }

    #[test]
    fn sec_h08_only_the_usual_questions_for_this_user_s_password_are_answered() {
        for usual in ["Password:", "Password: ", "Password for deploy@web-1.example.com:", "deploy@web-1's password: "]
        {
            assert!(asks(usual, false), "{usual:?}");
        }
        for odd in [
            "Password for corp SSO",
            "Password for corp SSO:",
            "Password for root@web-1:",
            "root@web-1's password:",
            "deploy@'s password:",
            "Password for deploy@:",
            "Password for deploy@web 1:",
            "password:",
            "Passcode:",
            "Verification code:",
            "Your Password:",
            "Password:\nor token:",
            "",
        ] {
            assert!(!asks(odd, false), "{odd:?}");
        }
        assert!(!asks("Password:", true), "an answer that is shown on the screen");
    }
}
