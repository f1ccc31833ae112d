//! `sudo`'s question for its password: recognised by a mark that only this run's script knows (P04). Sends nothing itself.

use super::budget::Kept;
use crate::secret::SecretText;

/// Watches standard error for the prompts of one run.
#[derive(Debug)]
pub(super) struct Prompts {
    mark: Vec<u8>,
    password: Option<SecretText>,
    answered: Vec<Vec<u8>>,
}

/// What a look at standard error found.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Found {
    /// No question.
    Nothing,
    /// A new question, and we have the answer.
    Question,
    /// A question without an answer, or one that was answered before and is asked again.
    Refused,
}

impl Prompts {
    /// Watches for prompts made with `token`.
    pub(super) fn new(token: &str, password: Option<SecretText>) -> Self {
        // A prompt is the mark and a number; see `commands::script::sudo_prompt`.
        Self { mark: format!("PROMPT-{token}-").into_bytes(), password, answered: Vec::new() }
    }

    /// Looks whether `stderr` ends in a prompt, which is taken out of it.
    pub(super) fn look(&mut self, stderr: &mut Kept) -> Found {
        let bytes = stderr.bytes();
        let digits = bytes.iter().rev().take_while(|byte| byte.is_ascii_digit()).count();
        let Some(begin) = bytes.len().checked_sub(digits + self.mark.len()) else {
            return Found::Nothing;
        };
        let (Some(mark), Some(number)) = (bytes.get(begin..bytes.len() - digits), bytes.get(bytes.len() - digits..)) else {
            return Found::Nothing;
        };
        if digits == 0 || mark != self.mark {
            return Found::Nothing;
        }
        let number = number.to_vec();
        stderr.cut(begin);
        if self.password.is_none() || self.answered.contains(&number) {
            return Found::Refused;
        }
        self.answered.push(number);
        Found::Question
    }

    /// The line that answers a question.
    pub(super) fn answer(&self) -> Option<Vec<u8>> {
        let password = self.password.as_ref()?.expose();
        Some([password.as_bytes(), b"\n"].concat())
    }

    /// Whether the input must stay open because a question may come.
    pub(super) fn may_come(&self) -> bool {
        self.password.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::super::budget::Budget;
    use super::*;
    use crate::commands::script::sudo_prompt;

    fn stderr(text: &str) -> Kept {
        let mut kept = Budget::new().buffer(1024);
        kept.push(text.as_bytes()).unwrap();
        kept
    }

    #[test]
    fn sec_p04_a_prompt_of_this_run_is_answered_once_and_each_sudo_has_its_own() {
        let mut prompts = Prompts::new("abcd1234", Some(SecretText::new("hunter2".to_owned())));
        let mut first = stderr(&format!("warning\n{}", sudo_prompt("abcd1234", 1)));
        assert_eq!(prompts.look(&mut first), Found::Question);
        assert_eq!(first.bytes(), b"warning\n");
        assert_eq!(prompts.look(&mut stderr(&sudo_prompt("abcd1234", 2))), Found::Question);
        assert_eq!(prompts.look(&mut stderr(&sudo_prompt("abcd1234", 1))), Found::Refused);
        assert_eq!(prompts.answer(), Some(b"hunter2\n".to_vec()));
    }

    #[test]
    fn sec_p04_nothing_else_is_taken_for_a_prompt() {
        let mut prompts = Prompts::new("abcd1234", Some(SecretText::new("hunter2".to_owned())));
        for other in ["", "7", "Password:", "[sudo] password for deploy: ", "PROMPT-", "PROMPT-other-1", "PROMPT-abcd1234-", "PROMPT-abcd1234-1\n"] {
            assert_eq!(prompts.look(&mut stderr(other)), Found::Nothing, "{other:?}");
        }
    }

    #[test]
    fn sec_p04_without_a_stored_password_the_question_is_refused() {
        let mut prompts = Prompts::new("abcd1234", None);
        assert_eq!(prompts.look(&mut stderr(&sudo_prompt("abcd1234", 1))), Found::Refused);
        assert_eq!(prompts.answer(), None);
    }
}
