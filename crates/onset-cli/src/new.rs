//! `onset new`: a small review that runs at once.

use crate::failure::Failure;
use crate::output::{Output, Sheet};
use clap::Args;
use onset::data::Diagnostic;
use onset::review::scaffold::FILES;
use serde::Serialize;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

/// Arguments of `onset new`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// Folder to make; it must not exist yet, or be empty
    dir: PathBuf,
}

#[derive(Serialize)]
struct Made {
    folder: String,
    files: Vec<&'static str>,
}

/// Writes the files of a new review.
///
/// # Errors
/// `not_empty`, `not_a_folder`, `not_written`; then nothing is left behind.
pub fn run(arguments: &Arguments) -> Result<Output, Failure> {
    let dir = &arguments.dir;
    free(dir)?;
    let existed = dir.is_dir();
    if let Err(error) = write(dir) {
        let _ = if existed { Ok(()) } else { fs::remove_dir(dir) };
        return Err(refused(
            "not_written",
            dir,
            format!("the review cannot be written: {error}"),
        )
        .into());
    }
    let shown = dir.display().to_string();
    let mut sheet = Sheet::new(&format!("A new review in {shown}"), &["file"]);
    FILES
        .iter()
        .for_each(|(name, _)| sheet.push(vec![(*name).into()]));
    let made = Made {
        folder: shown.clone(),
        files: FILES.iter().map(|(name, _)| *name).collect(),
    };
    eprintln!("next: onset check {shown}, onset run {shown}; its trials are made up: replace them");
    Ok(Output::new(&made, vec![sheet], Vec::new())?)
}

fn refused(code: &str, dir: &Path, message: String) -> Diagnostic {
    Diagnostic::error(code, message).file(dir.display().to_string())
}

/// Nothing stands at `dir` but perhaps an empty folder.
fn free(dir: &Path) -> Result<(), Diagnostic> {
    let occupied = |code, message: &str| {
        refused(code, dir, message.to_owned())
            .allowed("a folder that does not exist yet, or an empty one")
            .hint("give another name")
    };
    if dir.as_os_str().is_empty() {
        return Err(occupied("no_folder", "the folder has no name"));
    }
    match fs::read_dir(dir).map(Iterator::count) {
        Ok(0) => Ok(()),
        Ok(_) => Err(occupied("not_empty", "the folder is not empty")),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotADirectory => {
            Err(occupied("not_a_folder", "this is not a folder"))
        }
        Err(error) => Err(refused(
            "not_written",
            dir,
            format!("the folder cannot be read: {error}"),
        )),
    }
}

/// All files or none; a file that appeared meanwhile is never overwritten.
fn write(dir: &Path) -> io::Result<()> {
    fs::create_dir_all(dir)?;
    for (position, (name, text)) in FILES.iter().enumerate() {
        let path = dir.join(name);
        let written = fs::File::create_new(&path).and_then(|mut file| {
            let done = file.write_all(text.as_bytes());
            if done.is_err() {
                let _ = fs::remove_file(&path);
            }
            done
        });
        if written.is_err() {
            for (earlier, _) in FILES.iter().take(position) {
                let _ = fs::remove_file(dir.join(earlier));
            }
            return written;
        }
    }
    Ok(())
}
