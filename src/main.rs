//! The `hannun` program: see [`hannun::cli`].

fn main() {}
