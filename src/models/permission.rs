//! Which role brings each permission, and which can be taken from a person (Z07): the one table of it.

use super::actor::Role;
pub use crate::commands::Permission;

impl Permission {
    /// Those that can be taken from a person although the role brings them.
    pub const WITHHOLDABLE: [Self; 7] =
        [Self::RunCommand, Self::Terminal, Self::ReadFiles, Self::WriteFiles, Self::Signal, Self::Install, Self::Root];

    /// The weakest role that brings it.
    pub fn role(self) -> Role {
        match self {
            Self::View => Role::Viewer,
            Self::Connect
            | Self::RunCommand
            | Self::Terminal
            | Self::ReadFiles
            | Self::WriteFiles
            | Self::Signal
            | Self::Install
            | Self::Root => Role::Operator,
        }
    }
}
