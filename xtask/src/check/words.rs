//! Words that have no place in a tracked file.

use crate::process::{self, Fallible};
use std::path::Path;

/// A word, and whether it is looked for in Rust sources only.
///
/// Written in two halves, so that this file does not find itself.
const WORDS: &[([&str; 2], bool)] = &[
    (["/wo", "rk/"], false),
    (["/ho", "me/"], false),
    (["/ro", "ot/"], false),
    (["/tm", "p/"], false),
    (["TO", "DO"], false),
    (["FIX", "ME"], false),
    (["todo", "!("], true),
    (["unimplemented", "!("], true),
    (["#[ig", "nore"], true),
    (["assert!(", "true)"], true),
];

/// Every line of a tracked text file that holds one of the words.
pub fn faults(root: &Path) -> Fallible<Vec<String>> {
    let listed = process::output(root, "git", &["ls-files", "-z"])?;
    let mut faults = Vec::new();
    for path in listed.split('\0').filter(|path| !path.is_empty()) {
        let Ok(text) = std::fs::read_to_string(root.join(path)) else {
            continue; // binary, or deleted in the working tree
        };
        faults.extend(in_text(path, &text));
    }
    Ok(faults)
}

fn in_text(path: &str, text: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (halves, rust_only) in WORDS {
        let word = halves.concat();
        if *rust_only && !path.ends_with(".rs") {
            continue;
        }
        for (number, line) in text.lines().enumerate() {
            if contains_word(line, &word) {
                faults.push(format!("{path}:{}: {word}", number + 1));
            }
        }
    }
    faults
}

/// Letters on either side make another word of it ("photodo!" or a URL's path).
fn contains_word(line: &str, word: &str) -> bool {
    line.match_indices(word).any(|(at, _)| {
        let before = line.get(..at).and_then(|text| text.chars().next_back());
        !before.is_some_and(|c| c.is_alphanumeric() || c == '.')
    })
}

#[cfg(test)]
mod tests {
    use super::in_text;

    #[test]
    fn finds_machine_paths_and_unfinished_work() {
        let text = [
            "let x = todo",
            "!();\n// TO",
            "DO: later\nopen(\"/ho",
            "me/me/x\")",
        ]
        .concat();
        assert_eq!(in_text("a.rs", &text).len(), 3);
        assert_eq!(in_text("a.md", &text).len(), 2);
    }

    #[test]
    fn leaves_urls_alone() {
        assert!(in_text("a.md", &["https://example.org/ho", "me/x"].concat()).is_empty());
    }
}
