//! The secrets of a credential's form: checked at once, stored sealed, never shown.

use super::Draft;
use crate::admin::field::SecretDraft;
use crate::admin::resource::By;
use crate::db::Connection;
use crate::error::{Error, Result};
use crate::language::Message;
use crate::models::credentials::{
    Credential, CredentialChanges, CredentialKind, KeyFacts, NewCredential, Privileges, SecretChange, Secrets,
};
use crate::models::ids::CredentialId;
use crate::remote::describe_private_key;
use crate::secret::SecretText;

/// What the form of a stored credential holds: everything but the secrets.
pub(super) fn draft(credential: &Credential) -> Draft {
    let at = credential.secret_changed_at;
    let facts = [credential.key_algorithm.as_deref(), credential.fingerprint.as_deref()];
    Draft {
        name: credential.name.clone(),
        user_name: credential.user_name.clone(),
        kind: credential.kind.name().to_owned(),
        password: SecretDraft::stored(credential.has_password, at),
        private_key: SecretDraft::stored(credential.has_private_key, at),
        passphrase: SecretDraft::stored(credential.has_passphrase, at),
        privilege: credential.privilege.name().to_owned(),
        sudo_password: SecretDraft::stored(credential.has_sudo_password, at),
        note: credential.note.clone(),
        key: facts.into_iter().flatten().collect::<Vec<_>>().join(" "),
    }
}

/// What is wrong with the secrets; a private key is opened to see whether it is one.
pub fn problems(
    connection: &mut Connection,
    by: &By,
    stored: Option<&Credential>,
    draft: &mut Draft,
) -> Result<Vec<(&'static str, Message)>> {
    drop_what_is_not_used(draft)?;
    let mut problems = Vec::new();
    match kind(draft)? {
        CredentialKind::Password if !draft.password.will_exist() => {
            problems.push(("password", Message::new("Enter the password")));
        }
        CredentialKind::PrivateKey if !draft.private_key.will_exist() => {
            problems.push(("private_key", Message::new("Paste the private key")));
        }
        CredentialKind::PrivateKey if draft.private_key.changes() || draft.passphrase.changes() => {
            let (key, passphrase) = key_after_saving(connection, by, stored, draft)?;
            if let Some(key) = key
                && let Err(problem) = describe_private_key(&key, passphrase.as_ref())
            {
                problems.push((problem.field, problem.message));
            }
        }
        CredentialKind::Password | CredentialKind::PrivateKey => {}
    }
    if privilege(draft)? == Privileges::SudoPassword && !draft.sudo_password.will_exist() {
        problems.push(("sudo_password", Message::new("Enter the password that sudo asks for")));
    }
    Ok(problems)
}

/// A secret that the choices no longer ask for is not kept.
fn drop_what_is_not_used(draft: &mut Draft) -> Result<()> {
    let is_key = kind(draft)? == CredentialKind::PrivateKey;
    let asks = privilege(draft)? == Privileges::SudoPassword;
    for (secret, is_used) in [
        (&mut draft.password, !is_key),
        (&mut draft.private_key, is_key),
        (&mut draft.passphrase, is_key),
        (&mut draft.sudo_password, asks),
    ] {
        if !is_used {
            secret.entered = None;
            secret.remove = secret.stored;
        }
    }
    Ok(())
}

/// The key and passphrase that would be stored: what was entered, else what is stored.
fn key_after_saving(
    connection: &mut Connection,
    by: &By,
    stored: Option<&Credential>,
    draft: &Draft,
) -> Result<(Option<SecretText>, Option<SecretText>)> {
    let needs_stored = draft.private_key.entered.is_none() || draft.passphrase.entered.is_none();
    let known = match stored.filter(|_| needs_stored) {
        Some(credential) => credential.open_secrets(connection, &by.app.sealer, by.at)?,
        None => Secrets::default(),
    };
    let after =
        |secret: &SecretDraft, known: Option<SecretText>| secret.entered.clone().or(known.filter(|_| !secret.remove));
    // A new key comes with its own passphrase, or with none.
    let known_passphrase = known.passphrase.filter(|_| draft.private_key.entered.is_none());
    Ok((after(&draft.private_key, known.private_key), after(&draft.passphrase, known_passphrase)))
}

/// Adds a credential.
pub fn create(connection: &mut Connection, by: &By, draft: &Draft) -> Result<CredentialId> {
    let secrets = secrets_of(draft);
    let key = key_facts(secrets.private_key.as_ref(), secrets.passphrase.as_ref())?;
    let new = NewCredential {
        name: &draft.name,
        user_name: &draft.user_name,
        kind: kind(draft)?,
        privilege: privilege(draft)?,
        note: &draft.note,
        key: key.as_ref(),
        secrets: &secrets,
    };
    Ok(new.insert(connection, &by.app.sealer, by.at)?.id)
}

/// Changes a credential.
pub(super) fn update(connection: &mut Connection, by: &By, stored: &Credential, draft: &Draft) -> Result<()> {
    let mut key = None;
    if draft.private_key.changes() {
        let (private_key, passphrase) = key_after_saving(connection, by, Some(stored), draft)?;
        key = Some(key_facts(private_key.as_ref(), passphrase.as_ref())?);
    }
    let new_key = draft.private_key.entered.is_some();
    let changes = CredentialChanges {
        name: Some(draft.name.clone()),
        user_name: Some(draft.user_name.clone()),
        kind: Some(kind(draft)?),
        privilege: Some(privilege(draft)?),
        note: Some(draft.note.clone()),
        key,
        password: change(&draft.password),
        private_key: change(&draft.private_key),
        passphrase: match change(&draft.passphrase) {
            SecretChange::Keep if new_key => SecretChange::Clear,
            other => other,
        },
        sudo_password: change(&draft.sudo_password),
        managed_by: None,
    };
    Credential::change(connection, &by.app.sealer, stored.id, &changes, by.at).map(drop)
}

/// The secrets that were entered, of a draft that was checked.
pub fn secrets_of(draft: &Draft) -> Secrets {
    Secrets {
        password: draft.password.entered.clone(),
        private_key: draft.private_key.entered.clone(),
        passphrase: draft.passphrase.entered.clone(),
        sudo_password: draft.sudo_password.entered.clone(),
    }
}

fn key_facts(key: Option<&SecretText>, passphrase: Option<&SecretText>) -> Result<Option<KeyFacts>> {
    let Some(key) = key else { return Ok(None) };
    let described =
        describe_private_key(key, passphrase).map_err(|problem| Error::field(problem.field, problem.message))?;
    Ok(Some(KeyFacts { algorithm: described.algorithm, fingerprint: described.fingerprint }))
}

fn change(secret: &SecretDraft) -> SecretChange {
    match &secret.entered {
        Some(entered) => SecretChange::Set(entered.clone()),
        None if secret.remove => SecretChange::Clear,
        None => SecretChange::Keep,
    }
}

/// What is presented at sign-in.
pub fn kind(draft: &Draft) -> Result<CredentialKind> {
    CredentialKind::from_name(&draft.kind).ok_or_else(|| Error::field("kind", "This is needed"))
}

/// How to become root.
pub fn privilege(draft: &Draft) -> Result<Privileges> {
    Privileges::from_name(&draft.privilege).ok_or_else(|| Error::field("privilege", "This is needed"))
}
