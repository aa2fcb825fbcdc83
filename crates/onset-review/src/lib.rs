//! The protocol a user writes and the answers to the six questions.
