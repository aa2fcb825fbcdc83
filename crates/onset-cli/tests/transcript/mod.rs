//! Runs the built binary and keeps what it said; every test of a command starts here.

#![allow(dead_code, reason = "each test file uses its part")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test may stop where it fails"
)]

use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

/// What one run of `onset` said.
#[derive(Debug)]
pub struct Transcript {
    /// Exit status.
    pub status: i32,
    /// Standard output.
    pub stdout: String,
    /// Standard error.
    pub stderr: String,
}

/// Runs `onset` with these arguments.
pub fn onset<S: AsRef<std::ffi::OsStr>>(arguments: &[S]) -> Transcript {
    let output = Command::new(env!("CARGO_BIN_EXE_onset"))
        .args(arguments)
        .output()
        .unwrap();
    Transcript {
        status: output.status.code().unwrap(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

impl Transcript {
    /// The JSON object of a successful run.
    pub fn json(&self) -> Value {
        assert_eq!(self.status, 0, "{}", self.stderr);
        serde_json::from_str(&self.stdout).unwrap()
    }

    /// Asserts an error: this exit status, nothing on standard output, and all of these words on standard
    /// error.
    pub fn refused(&self, status: i32, words: &[&str]) {
        assert_eq!((self.status, self.stdout.as_str()), (status, ""), "{self:?}");
        for word in words {
            assert!(
                self.stderr.contains(word),
                "'{word}' is missing in: {}",
                self.stderr
            );
        }
    }
}

/// A file of reference values.
pub fn oracle_path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../oracles")
        .join(name)
}

/// A reference file as JSON.
pub fn oracle(name: &str) -> Value {
    serde_json::from_str(&std::fs::read_to_string(oracle_path(name)).unwrap()).unwrap()
}

/// Writes a table for one test and returns its path.
pub fn table(name: &str, text: impl AsRef<[u8]>) -> String {
    static WRITTEN: AtomicUsize = AtomicUsize::new(0);
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    // moved to its place whole: another test may read or write a file of this name at the same time
    let number = WRITTEN.fetch_add(1, Ordering::Relaxed);
    let draft = path.with_extension(format!("{}-{number}", std::process::id()));
    std::fs::write(&draft, text).unwrap();
    std::fs::rename(&draft, &path).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Relative difference; both absent is none.
pub fn relative(ours: &Value, reference: &Value) -> f64 {
    match (ours.as_f64(), reference.as_f64()) {
        (None, None) => 0.0,
        (Some(x), Some(0.0)) => x.abs(),
        (Some(x), Some(r)) => (x - r).abs() / r.abs(),
        (x, r) => panic!("{x:?} against {r:?}"),
    }
}
