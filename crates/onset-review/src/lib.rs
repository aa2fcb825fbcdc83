//! The protocol a user writes and the answers to the six questions.

mod absolute;
pub mod answers;
mod companion;
mod convert;
mod diagnosis;
pub mod durability;
pub mod economics;
mod effect;
mod evidence_report;
mod explain;
mod fit;
pub mod floor;
pub mod folder;
mod gather;
pub mod grade;
mod index;
pub mod ledger;
pub mod missing;
pub mod network;
mod phrase;
pub mod propagate;
pub mod protocol;
mod protocol_read;
mod published;
mod run;
pub mod scaffold;
mod size;
mod speed;
pub mod timecourse;
pub mod trust;
pub mod verdict;

pub use answers::Answers;
pub use explain::{ExplainError, explain};
pub use protocol::Protocol;
pub use protocol_read::{FORMAT, check, schema};
pub use run::{Error, run};
