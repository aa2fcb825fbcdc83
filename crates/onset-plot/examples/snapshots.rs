//! Writes the listings that `tests/snapshots.rs` compares with: `cargo run -p onset-plot --example
//! snapshots`. Run it after a wanted change of a figure, look at the gallery, and read the difference.

#[path = "../tests/samples/mod.rs"]
mod samples;

use std::path::Path;
use std::{fs, io};

fn main() -> io::Result<()> {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/snapshots"));
    fs::create_dir_all(folder)?;
    for (name, listing) in samples::listings() {
        fs::write(folder.join(format!("{name}.txt")), listing)?;
    }
    Ok(())
}
