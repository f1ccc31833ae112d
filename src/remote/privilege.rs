//! `sudo`'s question for its password: recognised by a mark that only this run's script knows (P04). Sends nothing itself.

use super::budget::Kept;
use crate::commands::script::find_sudo_prompt;
use crate::secret::SecretText;

/// What a prompt holds beside its token, at most: its words and a number of ten digits.
const LONGEST_MARK: usize = 24;

/// Watches standard error for the prompts of one run.
#[derive(Debug)]
pub(super) struct Prompts {
    token: String,
    password: Option<SecretText>,
    answered: Vec<u32>,
    /// How far standard error was looked at.
    looked: usize,
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
    pub(super) fn new(token: String, password: Option<SecretText>) -> Self {
        Self { token, password, answered: Vec::new(), looked: 0 }
    }

    /// Looks for a prompt in `stderr`, and takes it out.
    pub(super) fn look(&mut self, stderr: &mut Kept) -> Found {
        // A prompt may come in pieces; what lies further back was looked at, and is not read again for every piece.
        let from = self.looked.saturating_sub(self.token.len() + LONGEST_MARK);
        let Some((number, end)) = stderr.bytes().get(from..).and_then(|tail| find_sudo_prompt(&self.token, tail))
        else {
            self.looked = stderr.bytes().len();
            return Found::Nothing;
        };
        let end = from + end;
        let begin = end.saturating_sub(format!("PROMPT-{}-{number}:", self.token).len());
        stderr.remove(begin..end);
        self.looked = begin;
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

    fn stderr(text: &str) -> Kept {
        let mut kept = Budget::new().buffer(1024);
        kept.push(text.as_bytes()).unwrap();
        kept
    }

    fn prompts() -> Prompts {
        Prompts::new("abcd1234".to_owned(), Some(SecretText::new("hunter2".to_owned())))
    }

    #[test]
    fn sec_p04_a_prompt_of_this_run_is_answered_once_and_each_sudo_has_its_own() {
        let mut prompts = prompts();
        let mut first = stderr("lecture\nPROMPT-abcd1234-812:more");
        assert_eq!(prompts.look(&mut first), Found::Question);
        assert_eq!(first.bytes(), b"lecture\nmore");
        assert_eq!(prompts.look(&mut first), Found::Nothing);
        assert_eq!(prompts.look(&mut stderr("PROMPT-abcd1234-813:")), Found::Question);
        assert_eq!(prompts.look(&mut stderr("Sorry, try again.\nPROMPT-abcd1234-812:")), Found::Refused);
        assert_eq!(prompts.answer(), Some(b"hunter2\n".to_vec()));
    }

    #[test]
    fn sec_p04_nothing_else_is_taken_for_a_prompt() {
        let mut prompts = prompts();
        for other in
            ["", "7:", "Password:", "[sudo] password for deploy: ", "PROMPT-", "PROMPT-other-1:", "PROMPT-abcd1234-:"]
        {
            assert_eq!(prompts.look(&mut stderr(other)), Found::Nothing, "{other:?}");
        }
    }

    #[test]
    fn sec_p04_a_prompt_is_found_in_pieces() {
        let mut prompts = prompts();
        let mut stderr = stderr("a warning that is long enough to lie behind the place where looking begins\n");
        for piece in ["PRO", "MPT-abcd", "1234-42949", "67295"] {
            assert_eq!(prompts.look(&mut stderr), Found::Nothing);
            stderr.push(piece.as_bytes()).unwrap();
        }
        assert_eq!(prompts.look(&mut stderr), Found::Nothing);
        stderr.push(b":").unwrap();
        assert_eq!(prompts.look(&mut stderr), Found::Question);
    }

    #[test]
    fn sec_p04_without_a_stored_password_the_question_is_refused() {
        let mut prompts = Prompts::new("abcd1234".to_owned(), None);
        assert_eq!(prompts.look(&mut stderr("PROMPT-abcd1234-812:")), Found::Refused);
        assert_eq!(prompts.answer(), None);
    }
}
