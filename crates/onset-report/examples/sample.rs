//! Writes the pages of a made-up review, to look at them: `cargo run -p onset-report --example sample OUT`.

#[path = "../tests/sample/mod.rs"]
mod sample;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let out = std::env::args().nth(1).unwrap_or_else(|| "sample-out".to_owned());
    let bundle = onset_report::bundle(&sample::answers(), &[])?;
    let written = onset_report::write(&bundle, std::path::Path::new(&out))?;
    println!("{} files in {out}", written.files);
    Ok(())
}
