//! The protocol a user writes and the answers to the six questions.

pub mod answers;
pub mod protocol;

pub use answers::Answers;
pub use protocol::Protocol;
