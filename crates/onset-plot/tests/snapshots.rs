//! Every sample figure, shape by shape, against the listing that someone looked at.

mod samples;

use std::fs;
use std::path::Path;

#[test]
fn figures_are_as_they_were_looked_at() {
    let folder = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/snapshots"));
    let listings = samples::listings();
    for (name, listing) in &listings {
        let kept = fs::read_to_string(folder.join(format!("{name}.txt"))).unwrap_or_default();
        for (number, (now, then)) in listing.lines().zip(kept.lines()).enumerate() {
            assert_eq!(now, then, "{name}.txt line {}", number + 1);
        }
        assert_eq!(
            listing.lines().count(),
            kept.lines().count(),
            "{name}.txt: number of shapes"
        );
    }
    let files = fs::read_dir(folder).expect("folder of snapshots").count();
    assert_eq!(files, listings.len(), "a snapshot without a figure");
}
