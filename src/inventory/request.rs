//! What is asked for: texts, what may be removed, and the secrets that whoever asks has at hand.

use std::collections::{BTreeMap, BTreeSet};

use super::document::{Document, SecretReference};
use super::plan::Kind;
use super::problem::Problem;
use super::read;
use crate::language::Message;
use crate::secret::SecretText;

/// One text, and what it is called.
#[derive(Debug, Clone, Default)]
pub struct Source {
    /// The file that manages what the text holds from now on; none: what it holds is changed by hand afterwards.
    pub file: Option<String>,
    /// What messages call it where no file manages it: `standard input`.
    pub called: String,
    /// The text.
    pub text: String,
}

impl Source {
    /// What messages call it.
    pub fn label(&self) -> &str {
        self.file.as_deref().unwrap_or(&self.called)
    }
}

/// What may be removed: never more than what came from a file of the same name and is not in it any more.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum Prune {
    /// Nothing.
    #[default]
    Nothing,
    /// Everything that is not in its file any more.
    Everything,
    /// Of that, what is named here.
    These(BTreeSet<(Kind, String)>),
}

impl Prune {
    pub(super) fn takes(&self, kind: Kind, name: &str) -> bool {
        match self {
            Self::Nothing => false,
            Self::Everything => true,
            Self::These(these) => these.contains(&(kind, name.to_owned())),
        }
    }
}

/// The secrets that whoever asks could read, by text and reference: one that is missing here is entered in the browser.
#[derive(Debug, Default)]
pub struct SecretsAtHand(pub BTreeMap<(usize, SecretReference), Result<SecretText, Message>>);

/// What is asked for.
#[derive(Debug, Default)]
pub struct Request {
    /// The texts, planned together.
    pub sources: Vec<Source>,
    /// What may be removed.
    pub prune: Prune,
    /// The secrets that are at hand.
    pub secrets: SecretsAtHand,
}

impl Request {
    /// Every text, read; or everything that is wrong with them.
    pub(super) fn read(&self) -> Result<Vec<Document>, Vec<Problem>> {
        let (mut documents, mut problems) = (Vec::new(), Vec::new());
        for (index, source) in self.sources.iter().enumerate() {
            match read::document(index, source) {
                Ok((document, flaws)) if flaws.is_empty() => documents.push(document),
                Ok((_, flaws)) => problems.extend(super::problem::locate(flaws, &self.sources)),
                Err(problem) => problems.push(problem),
            }
        }
        if problems.is_empty() { Ok(documents) } else { Err(problems) }
    }
}

/// The secrets that a text names, for whoever can read them. A text that is not in order names none.
pub fn references(index: usize, source: &Source) -> BTreeSet<SecretReference> {
    let Ok((document, _)) = read::document(index, source) else { return BTreeSet::new() };
    let secrets = document.credentials.into_iter().flat_map(|credential| credential.secrets.into_values());
    secrets.map(|secret| secret.value).collect()
}
