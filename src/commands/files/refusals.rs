//! What the exit statuses of our own scripts about files mean: a refusal with a reason, where nothing was done.

use crate::commands::Refusal;
use crate::language::Message;

/// Something of that name exists.
pub const EXISTS: u32 = 82;
/// Not a file with content: a directory, a FIFO, a device.
pub const NO_FILE: u32 = 83;
/// It is not what was looked at any more.
pub const CHANGED: u32 = 84;
/// The content ended before it was whole.
pub const INCOMPLETE: u32 = 85;
/// It belongs to somebody else, and the owner could not be kept.
pub const OWNER: u32 = 86;
/// It is a link, and this would be done to what it leads to.
pub const LINK: u32 = 87;

/// What a status says; none where it is a program's own.
pub fn refusal(status: u32) -> Option<Refusal> {
    let sentence = Message::new(match status {
        EXISTS => "Something of this name exists already. Choose another name",
        NO_FILE => "This is not a file with content that could be read: a directory, a pipe, a socket or a device",
        CHANGED => "It was changed since you looked at it. Nothing was done. Look again, then repeat",
        INCOMPLETE => "The content did not arrive whole. The file is as it was",
        OWNER => "It belongs to somebody else, and saving it would make it yours. Open it as root",
        LINK => "It is a link, and this would be done to what it leads to. Open that instead",
        _ => return None,
    });
    Some(if status == NO_FILE { Refusal::NoFile(sentence) } else { Refusal::Conflict(sentence) })
}
