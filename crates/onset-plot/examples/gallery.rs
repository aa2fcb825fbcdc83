//! Writes every sample figure for looking at: `cargo run -p onset-plot --example gallery -- FOLDER`.
//!
//! FOLDER gets `wide.html`, `narrow.html`, and each figure as an SVG file of its own.

#[path = "../tests/samples/mod.rs"]
mod samples;

use std::path::Path;
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let Some(folder) = env::args().nth(1) else {
        eprintln!("usage: gallery FOLDER");
        return Ok(());
    };
    let folder = Path::new(&folder);
    fs::create_dir_all(folder)?;
    let scenes = samples::scenes();
    for (name, wide, narrow) in &scenes {
        fs::write(folder.join(format!("{name}.svg")), wide.to_svg())?;
        fs::write(folder.join(format!("{name}-narrow.svg")), narrow.to_svg())?;
    }
    let wide: Vec<_> = scenes.iter().map(|(_, wide, _)| wide).collect();
    let narrow: Vec<_> = scenes.iter().map(|(_, _, narrow)| narrow).collect();
    fs::write(folder.join("wide.html"), page(&wide))?;
    fs::write(folder.join("narrow.html"), page(&narrow))
}

fn page(scenes: &[&onset_plot::Scene]) -> String {
    let mut out = format!(
        "<!doctype html><html lang=\"en\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\"><title>Figures</title>\
         <style>{}\n:root{{color-scheme:light dark}}body{{margin:16px;background:#fff}}figure{{margin:0 0 48px}}\
         @media screen and (prefers-color-scheme:dark){{body{{background:#15181b}}}}</style>",
        onset_plot::css()
    );
    for scene in scenes {
        out.push_str(&format!("<figure>{}</figure>", scene.to_inline()));
    }
    out
}
