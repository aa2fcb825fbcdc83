//! The protocol a user writes and the answers to the six questions.

pub mod answers;
pub mod folder;
pub mod protocol;
mod protocol_read;

pub use answers::Answers;
pub use protocol::Protocol;
pub use protocol_read::{FORMAT, check, schema};
