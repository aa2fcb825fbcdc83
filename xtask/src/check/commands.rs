//! Documentation names only commands that the binary has.

use crate::process::{self, Fallible};
use crate::workspace::Workspace;

/// Every `onset WORD` in a code span or code block of a Markdown file whose WORD is no command.
pub fn faults(workspace: &Workspace) -> Fallible<Vec<String>> {
    let onset = workspace.built("onset")?;
    let help = process::output(&workspace.root, &onset, &["--help"])?;
    let known = commands(&help);
    let listed = process::output(&workspace.root, "git", &["ls-files", "-z", "*.md"])?;
    let mut faults = Vec::new();
    for path in listed.split('\0').filter(|path| !path.is_empty()) {
        let text = std::fs::read_to_string(workspace.root.join(path)).unwrap_or_default();
        for word in named(&text) {
            if !known.contains(&word) {
                faults.push(format!("{path} names `onset {word}`, which is no command"));
            }
        }
    }
    Ok(faults)
}

/// First words of the lines under "Commands:".
fn commands(help: &str) -> Vec<&str> {
    let lines = help
        .lines()
        .skip_while(|line| !line.starts_with("Commands:"))
        .skip(1);
    lines
        .take_while(|line| line.starts_with(' '))
        .filter_map(|line| line.split_whitespace().next())
        .collect()
}

/// Words after `onset ` where code begins: after a backtick, a prompt, or at the start of a line in a block.
fn named(text: &str) -> Vec<&str> {
    let mut words = Vec::new();
    let mut in_block = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            in_block = !in_block;
        }
        for (at, found) in line.match_indices("onset ") {
            let before = line.get(..at).unwrap_or_default();
            let starts = before.ends_with('`')
                || in_block
                    && (before.trim().is_empty() || before.ends_with("$ ") || before.ends_with("release/"));
            let rest = line.get(at + found.len()..).unwrap_or_default();
            let end = rest.find(|c: char| !c.is_ascii_lowercase()).unwrap_or(rest.len());
            let word = rest.get(..end).unwrap_or_default();
            if starts && !word.is_empty() {
                words.push(word);
            }
        }
    }
    words
}

#[cfg(test)]
mod tests {
    use super::{commands, named};

    #[test]
    fn help_lists_commands() {
        let help =
            "Usage: onset COMMAND\n\nCommands:\n  effects  Effect sizes\n  pool     Pools\n\nOptions:\n  -h";
        assert_eq!(commands(help), ["effects", "pool"]);
    }

    #[test]
    fn code_names_commands() {
        let text = "Run `onset pool FILE`, not onset of action.\n```sh\n$ onset run x\nonset check y\n# the onset time\n```\n";
        assert_eq!(named(text), ["pool", "run", "check"]);
        assert!(named("`onset COMMAND --help`, `onset-math`").is_empty());
    }
}
