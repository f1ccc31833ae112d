//! The `hannun` program: see [`hannun::cli`].

use std::process::ExitCode;

fn main() -> ExitCode {
    hannun::cli::main(std::env::args_os())
}
