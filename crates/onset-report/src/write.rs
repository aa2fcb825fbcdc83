//! The one place of this crate that touches the file system.
//!
//! A folder that holds our manifest is replaced as a whole; anything else that exists is refused. The new
//! folder is written beside its place and moved there when it is complete, so that nothing half-written is
//! ever seen under its name.

use crate::bundle::{self, Bundle, BundleError, GENERATOR, InputHash, MANIFEST};
use onset_review::Answers;
use std::fs;
use std::io::{self, Write};
use std::path::{Component, Path, PathBuf};
use thiserror::Error;

/// Why a bundle was not written. Nothing has changed at its place.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum WriteError {
    /// There is nothing to write.
    #[error(transparent)]
    Unmade(#[from] BundleError),
    /// The path names no folder of its own.
    #[error("'{}' names no output folder. Hint: give a folder that does not exist yet", out.display())]
    NoName {
        /// As given.
        out: PathBuf,
    },
    /// Something else is there.
    #[error(
        "'{}' exists and is not an output folder of onset: {found}. \
         Hint: give a folder that does not exist yet, or remove this one yourself",
        out.display()
    )]
    Occupied {
        /// As given.
        out: PathBuf,
        /// What stands there.
        found: &'static str,
    },
    /// A file name of the bundle leads out of it.
    #[error("the output '{name}' is not a plain relative name")]
    BadName {
        /// The name.
        name: String,
    },
    /// The operating system refused.
    #[error("cannot {action} '{}': {source}", path.display())]
    Io {
        /// What was tried.
        action: &'static str,
        /// On what.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
}

/// What was written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Number of files.
    pub files: usize,
    /// Whether an older output was replaced.
    pub replaced: bool,
    /// The older output, moved aside, where it could not be deleted.
    pub leftover: Option<PathBuf>,
}

/// Writes a bundle to `out`.
///
/// # Errors
/// [`WriteError`]; on every one of them, what stood at `out` still stands there.
pub fn write(bundle: &Bundle, out: &Path) -> Result<Written, WriteError> {
    fill(out, |folder| {
        for (name, bytes) in &bundle.files {
            put(folder, name, std::slice::from_ref(bytes))?;
        }
        Ok(bundle.files.len())
    })
}

/// Makes the bundle of `answers` and writes it to `out`, file by file.
///
/// # Errors
/// [`WriteError`]; on every one of them, what stood at `out` still stands there.
pub fn make(answers: &Answers, inputs: &[InputHash], out: &Path) -> Result<Written, WriteError> {
    fill(out, |folder| {
        let mut files = 0;
        bundle::hand_over(answers, inputs, &mut |name, pieces| {
            files += 1;
            put(folder, &name, &pieces)
        })?;
        Ok(files)
    })
}

/// Has a new folder filled, and moves it to its place when it is full; `filled` says with how many files.
fn fill(out: &Path, filled: impl FnOnce(&Path) -> Result<usize, WriteError>) -> Result<Written, WriteError> {
    let name = out
        .file_name()
        .ok_or_else(|| WriteError::NoName { out: out.to_owned() })?;
    let replaced = look(out)?;
    let parent = match out.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    fs::create_dir_all(parent).map_err(|e| failed("create the folder", parent, e))?;
    let beside = |kind: &str| {
        let mut sibling = std::ffi::OsString::from(".");
        sibling.push(name);
        sibling.push(kind);
        parent.join(sibling)
    };
    let new = make_free(&beside(".new"))?;
    let written = filled(&new).and_then(|files| {
        Ok(Written {
            files,
            replaced,
            leftover: move_in(&new, out, replaced, &beside(".old"))?,
        })
    });
    if written.is_err() {
        // What failed is told; that the half-written sibling could not be removed too changes nothing.
        let _ = fs::remove_dir_all(&new);
    }
    written
}

/// True where an output of ours stands, false where nothing does.
fn look(out: &Path) -> Result<bool, WriteError> {
    let occupied = |found| WriteError::Occupied {
        out: out.to_owned(),
        found,
    };
    let kind = match fs::symlink_metadata(out) {
        Ok(metadata) => metadata.file_type(),
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(false),
        Err(e) => return Err(failed("look at", out, e)),
    };
    if kind.is_symlink() {
        return Err(occupied("it is a symbolic link"));
    }
    if !kind.is_dir() {
        return Err(occupied("it is a file"));
    }
    match fs::read(out.join(MANIFEST)) {
        Ok(bytes) if is_ours(&bytes) => Ok(true),
        Ok(_) => Err(occupied("its manifest.json was not written by onset")),
        Err(_) => Err(occupied("it is a folder without a manifest.json of onset")),
    }
}

fn is_ours(manifest: &[u8]) -> bool {
    let parsed: Result<serde_json::Value, _> = serde_json::from_slice(manifest);
    parsed.is_ok_and(|value| {
        let generator = value.get("generator").and_then(serde_json::Value::as_str);
        generator == Some(GENERATOR) && value.get("outputs").is_some_and(serde_json::Value::is_object)
    })
}

/// Creates the first of `base`, `base1`, `base2`, ... that is free.
fn make_free(base: &Path) -> Result<PathBuf, WriteError> {
    for number in 0..1000 {
        let path = numbered(base, number);
        match fs::create_dir(&path) {
            Ok(()) => return Ok(path),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(failed("create the folder", &path, e)),
        }
    }
    Err(failed(
        "create the folder",
        base,
        io::ErrorKind::AlreadyExists.into(),
    ))
}

fn numbered(base: &Path, number: u32) -> PathBuf {
    let mut path = base.as_os_str().to_owned();
    if number > 0 {
        path.push(number.to_string());
    }
    PathBuf::from(path)
}

/// Writes one file under `folder`.
fn put(folder: &Path, name: &str, pieces: &[Vec<u8>]) -> Result<(), WriteError> {
    let relative = Path::new(name);
    let plain = |part: Component<'_>| matches!(part, Component::Normal(_));
    if name.is_empty() || !relative.components().all(plain) {
        return Err(WriteError::BadName {
            name: name.to_owned(),
        });
    }
    let path = folder.join(relative);
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent).map_err(|e| failed("create the folder", parent, e))?;
    }
    let mut file = fs::File::create(&path).map_err(|e| failed("create", &path, e))?;
    for piece in pieces {
        file.write_all(piece).map_err(|e| failed("write", &path, e))?;
    }
    Ok(())
}

/// Moves the old output aside, the new one in, and deletes the old one; puts it back if the new one does
/// not move.
fn move_in(new: &Path, out: &Path, replaces: bool, aside: &Path) -> Result<Option<PathBuf>, WriteError> {
    if !replaces {
        fs::rename(new, out).map_err(|e| failed("move the new output to", out, e))?;
        return Ok(None);
    }
    let old = make_free(aside)?;
    if let Err(e) = fs::rename(out, &old) {
        let _ = fs::remove_dir(&old);
        return Err(failed("move aside", out, e));
    }
    if let Err(e) = fs::rename(new, out) {
        fs::rename(&old, out).map_err(|e| failed("put back", &old, e))?;
        return Err(failed("move the new output to", out, e));
    }
    Ok(fs::remove_dir_all(&old).is_err().then_some(old))
}

fn failed(action: &'static str, path: &Path, source: io::Error) -> WriteError {
    WriteError::Io {
        action,
        path: path.to_owned(),
        source,
    }
}
