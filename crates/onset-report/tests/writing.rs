//! Where a bundle may be written, and what is left when it may not.

#![allow(clippy::unwrap_used)] // helpers of tests stand outside of #[test] functions

mod sample;

use onset_report::{Bundle, InputHash, WriteError, bundle, write};
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// A fresh folder of this test's own.
fn place(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("writing-{name}"));
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

fn small(text: &str) -> Bundle {
    let manifest = r#"{"generator": "onset", "format": 1, "outputs": {}}"#;
    let files = [("manifest.json", manifest), ("figures/a.svg", text)];
    Bundle {
        files: files
            .map(|(name, text)| (name.to_owned(), text.as_bytes().to_vec()))
            .into(),
    }
}

#[test]
fn a_bundle_lands_whole_and_its_manifest_names_every_file() {
    let folder = place("whole");
    let out = folder.join("deep/er/out");
    let inputs = [InputHash {
        file: "studies.csv".to_owned(),
        sha256: "ab".to_owned(),
    }];
    let bundle = bundle(&sample::answers(), &inputs).unwrap();
    let written = write(&bundle, &out).unwrap();
    assert_eq!(
        (written.files, written.replaced, written.leftover),
        (bundle.files.len(), false, None)
    );
    for (name, bytes) in &bundle.files {
        assert_eq!(&fs::read(out.join(name)).unwrap(), bytes, "{name}");
    }
    assert_eq!(names(out.parent().unwrap()), ["out"]);
    let manifest: serde_json::Value = serde_json::from_slice(&bundle.files["manifest.json"]).unwrap();
    assert_eq!(manifest["inputs"]["studies.csv"], "ab");
    assert_eq!(manifest["seed"], 20261123);
    let listed = manifest["outputs"].as_object().unwrap();
    assert_eq!(listed.len() + 1, bundle.files.len());
    for name in ["results.json", "report.html", "patient.html", "tables/pools.csv"] {
        assert!(listed.contains_key(name), "{name}");
    }
    let whole = String::from_utf8(bundle.files["manifest.json"].clone()).unwrap();
    assert!(!whole.contains("/tmp") && !whole.contains("target"));
}

#[test]
fn an_output_of_ours_is_replaced_as_a_whole() {
    let folder = place("replaced");
    let out = folder.join("out");
    write(&small("one"), &out).unwrap();
    fs::write(out.join("figures/stale.svg"), "stale").unwrap();
    let written = write(&small("two"), &out).unwrap();
    assert!(written.replaced);
    assert_eq!(fs::read(out.join("figures/a.svg")).unwrap(), b"two");
    assert_eq!(names(&out.join("figures")), ["a.svg"]);
    assert_eq!(names(&folder), ["out"]);
}

#[test]
fn anything_else_is_refused_and_stays() {
    let folder = place("refused");
    let file = folder.join("file");
    fs::write(&file, "mine").unwrap();
    let empty = folder.join("empty");
    fs::create_dir(&empty).unwrap();
    let foreign = folder.join("foreign");
    fs::create_dir(&foreign).unwrap();
    fs::write(foreign.join("manifest.json"), r#"{"name": "a web application"}"#).unwrap();
    fs::write(foreign.join("precious.txt"), "mine").unwrap();
    for out in [&file, &empty, &foreign] {
        let error = write(&small("x"), out).unwrap_err();
        assert!(matches!(error, WriteError::Occupied { .. }), "{error}");
        assert!(error.to_string().contains("Hint:"), "{error}");
    }
    assert_eq!(fs::read(&file).unwrap(), b"mine");
    assert_eq!(fs::read(foreign.join("precious.txt")).unwrap(), b"mine");
    assert_eq!(names(&folder), ["empty", "file", "foreign"]);
}

#[cfg(unix)]
#[test]
fn a_link_is_refused_even_to_an_output_of_ours() {
    let folder = place("link");
    write(&small("one"), &folder.join("real")).unwrap();
    std::os::unix::fs::symlink(folder.join("real"), folder.join("out")).unwrap();
    let error = write(&small("two"), &folder.join("out")).unwrap_err();
    assert!(matches!(error, WriteError::Occupied { .. }), "{error}");
    assert_eq!(fs::read(folder.join("real/figures/a.svg")).unwrap(), b"one");
}

#[test]
fn nothing_half_written_is_left_after_an_error() {
    let folder = place("half");
    let out = folder.join("out");
    write(&small("one"), &out).unwrap();
    let mut bad = small("two");
    bad.files.insert("../escape".to_owned(), b"x".to_vec());
    let error = write(&bad, &out).unwrap_err();
    assert!(matches!(error, WriteError::BadName { .. }), "{error}");
    // A file where a folder is needed fails in the middle of writing.
    let clash: BTreeMap<String, Vec<u8>> = [("figures", ""), ("figures/a.svg", "")]
        .map(|(name, text)| (name.to_owned(), text.into()))
        .into();
    let error = write(&Bundle { files: clash }, &out).unwrap_err();
    assert!(matches!(error, WriteError::Io { .. }), "{error}");
    assert_eq!(names(&folder), ["out"]);
    assert_eq!(fs::read(out.join("figures/a.svg")).unwrap(), b"one");
}

#[test]
fn a_path_without_a_name_is_refused() {
    for out in ["..", "/", ""] {
        let error = write(&small("x"), Path::new(out)).unwrap_err();
        assert!(matches!(error, WriteError::NoName { .. }), "{out}: {error}");
    }
}
