//! The command line of onset: one file per command.

fn main() {}
