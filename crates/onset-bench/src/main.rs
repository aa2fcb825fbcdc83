//! Benchmarks: prints one JSON array on stdout.

fn main() {}
