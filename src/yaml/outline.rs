//! Looks at a text before the parser does: anchors, aliases, tags and deep brackets are refused by their first character.
//!
//! The parser behind it expands aliases and takes quadratic time over nested brackets, so both are stopped here. What this
//! outline could misread is written more plainly than YAML allows: a quoted text ends on its line.

use super::YamlError;
use crate::language::Message;

pub(super) fn check(text: &str, max_depth: usize) -> Result<(), YamlError> {
    let mut outline = Outline { max_depth, depth: 0, plain: false, block: None };
    for (number, line) in lines(text).enumerate() {
        outline.line(line).map_err(|why| YamlError { line: Some(number + 1), column: None, why })?;
    }
    Ok(())
}

/// The lines as the parser counts them: it knows more breaks than Rust.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = Some(text);
    std::iter::from_fn(move || {
        let text = rest?;
        let Some(end) = text.find(['\n', '\r', '\u{85}', '\u{2028}', '\u{2029}']) else {
            return rest.take();
        };
        let (line, after) = text.split_at_checked(end)?;
        let mut characters = after.chars();
        let is_return = characters.next() == Some('\r');
        let after = characters.as_str();
        rest = Some(if is_return { after.strip_prefix('\n').unwrap_or(after) } else { after });
        Some(line)
    })
}

struct Outline {
    max_depth: usize,
    /// Open brackets.
    depth: usize,
    /// Within a plain scalar that may go on on the next line (between brackets only).
    plain: bool,
    /// Within a block scalar: the column of the node that it belongs to, and of its text once that is known.
    block: Option<(usize, Option<usize>)>,
}

impl Outline {
    fn line(&mut self, line: &str) -> Result<(), Message> {
        let indent = line.len() - line.trim_start_matches(' ').len();
        if let Some((parent, text)) = self.block {
            if line.trim_matches(' ').is_empty() {
                return Ok(());
            }
            let column = text.unwrap_or(if indent > parent { indent } else { usize::MAX });
            if indent >= column {
                self.block = Some((parent, Some(column)));
                return Ok(());
            }
            self.block = None;
        }
        self.plain &= self.depth > 0;
        self.tokens(line.as_bytes(), indent)
    }

    fn tokens(&mut self, line: &[u8], indent: usize) -> Result<(), Message> {
        let mut at = indent;
        // The column of the innermost block node of this line: a block scalar's text is to the right of it.
        let mut node = indent;
        let mut after_dash = false;
        while let Some(&byte) = line.get(at) {
            let next = line.get(at + 1).copied().unwrap_or(b' ');
            let before = at.checked_sub(1).and_then(|before| line.get(before)).copied().unwrap_or(b' ');
            match byte {
                b'#' if before == b' ' || before == b'\t' => return Ok(()),
                b' ' | b'\t' | b'\r' => {}
                b':' if next == b' ' || next == b'\t' || self.depth > 0 => self.plain = false,
                b',' | b']' | b'}' if self.depth > 0 => {
                    self.plain = false;
                    self.depth -= usize::from(byte != b',');
                }
                _ if self.plain => {}
                b'-' | b'?' if next == b' ' || next == b'\t' => (node, after_dash) = (at, true),
                b'[' | b'{' => {
                    self.depth += 1;
                    if self.depth > self.max_depth {
                        return Err(Message::new("Nested too deeply, which is not allowed"));
                    }
                }
                b'*' | b'&' => return Err(Message::new("Anchors and aliases are not allowed")),
                b'!' => return Err(Message::new("Tags are not allowed")),
                b'|' | b'>' if self.depth == 0 => return self.open_block(line, at, node),
                _ => {
                    if after_dash {
                        (node, after_dash) = (at, false);
                    }
                    match byte {
                        b'\'' | b'"' => at = end_of_quoted(line, at)?,
                        _ => self.plain = true,
                    }
                }
            }
            at += 1;
        }
        Ok(())
    }

    fn open_block(&mut self, line: &[u8], at: usize, node: usize) -> Result<(), Message> {
        let header: Vec<u8> = line.iter().skip(at + 1).copied().take_while(|byte| *byte != b'#').collect();
        let mut column = None;
        for byte in header.trim_ascii() {
            match byte {
                b'+' | b'-' => {}
                // How far the text is to the right of the node that it belongs to.
                b'1'..=b'9' if column.is_none() => column = Some(node + usize::from(byte - b'0')),
                _ => return Err(Message::new("After | or > comes only a digit, + or -, other forms are not allowed")),
            }
        }
        self.block = Some((node, column));
        Ok(())
    }
}

/// The place of the quote that ends the text which begins at `from`.
fn end_of_quoted(line: &[u8], from: usize) -> Result<usize, Message> {
    let quote = line.get(from).copied();
    let mut at = from + 1;
    while let Some(&byte) = line.get(at) {
        if Some(byte) == quote {
            if byte == b'\'' && line.get(at + 1) == Some(&b'\'') {
                at += 1;
            } else {
                return Ok(at);
            }
        } else if byte == b'\\' && quote == Some(b'"') {
            at += 1;
        }
        at += 1;
    }
    Err(Message::new("A quoted text must end on its line, other forms are not allowed"))
}
