//! Package files on their way onto servers, and packages that come and go: what is uploaded, what is asked for, how it runs
//! and what became of it. Knows no page.

pub mod artifact_store;
pub mod ask;
pub mod inspect;
pub mod known;
pub mod run;
pub mod upload;
pub mod verdict;
pub mod wanted;
