//! What the edges share.
