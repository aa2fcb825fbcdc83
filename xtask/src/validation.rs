//! `cargo xtask validation`: docs/validation.md, computed again from the reference values.

use crate::process::{self, Fallible};
use crate::workspace::{self, Workspace};

const PAGE: &str = "docs/validation.md";

/// Marks of a method that nothing speaks for; `onset-bench validate` writes them.
const MARKS: [&str; 2] = ["**unchecked**", "**not a number**"];

/// Computes the page and writes it.
pub fn write() -> Fallible<()> {
    let workspace = workspace::read()?;
    let page = compute(&workspace)?;
    std::fs::write(workspace.root.join(PAGE), &page)?;
    eprintln!("{PAGE}: {} lines", page.lines().count());
    Ok(())
}

/// Computes the page and compares it with the one in the repository.
pub fn compare() -> Fallible<()> {
    let faults = faults(&workspace::read()?)?;
    if faults.is_empty() {
        return Ok(());
    }
    Err(faults.join("\n  ").into())
}

/// What is wrong with the page in the repository.
pub fn faults(workspace: &Workspace) -> Fallible<Vec<String>> {
    let committed = std::fs::read_to_string(workspace.root.join(PAGE)).unwrap_or_default();
    let bench = workspace.built("onset-bench")?;
    let methods = process::output(&workspace.root, &bench, &["list-methods"])?;
    let mut faults = missing(&methods, &committed);
    faults.extend(differences(&committed, &compute(workspace)?));
    Ok(faults)
}

fn compute(workspace: &Workspace) -> Fallible<String> {
    let bench = workspace.built("onset-bench")?;
    process::output(&workspace.root, &bench, &["validate", "oracles"])
}

/// Methods (family, tab, code a line) without a row under their heading, or with an empty one.
fn missing(methods: &str, page: &str) -> Vec<String> {
    let mut faults = Vec::new();
    for (family, code) in methods.lines().filter_map(|line| line.split_once('\t')) {
        let section = page
            .split("\n## ")
            .find(|section| section.lines().next() == Some(family));
        let start = format!("| `{code}` |");
        match section.and_then(|section| section.lines().find(|line| line.starts_with(&start))) {
            None => faults.push(format!("{PAGE} has no row for {family}: {code}")),
            Some(row) if MARKS.iter().any(|mark| row.contains(mark)) => {
                faults.push(format!("{family}: {code} has no evidence"));
            }
            Some(_) => {}
        }
    }
    faults
}

/// The pages must agree but for the powers of ten, of which none may have grown by more than one.
fn differences(committed: &str, computed: &str) -> Vec<String> {
    let (words_before, powers_before) = without_powers(committed);
    let (words_now, powers_now) = without_powers(computed);
    if words_before != words_now {
        return vec![format!(
            "{PAGE} is not what the code computes: run cargo xtask validation"
        )];
    }
    let grown = powers_before
        .iter()
        .zip(&powers_now)
        .filter(|(before, now)| **now > **before + 1)
        .count();
    if grown > 0 {
        return vec![format!(
            "{PAGE}: {grown} errors have grown: find out why, or run cargo xtask validation"
        )];
    }
    Vec::new()
}

/// A page with every `1e-12` taken out, and the powers in their order.
fn without_powers(page: &str) -> (String, Vec<i32>) {
    let mut words = String::new();
    let mut powers = Vec::new();
    for (number, piece) in page.split("1e").enumerate() {
        let end = piece
            .find(|c: char| c != '-' && !c.is_ascii_digit())
            .unwrap_or(piece.len());
        let (digits, rest) = piece.split_at(if number == 0 { 0 } else { end });
        powers.extend(digits.parse::<i32>());
        words.push_str(rest);
    }
    (words, powers)
}

#[cfg(test)]
mod tests {
    use super::{differences, missing};

    const PAGE: &str = "# V\n\n## Tests\n\n| `z` | R | SE 1e-9, p 1e-12 |\n| `t` | **unchecked** |\n";

    #[test]
    fn methods_without_a_row_or_without_evidence() {
        assert_eq!(missing("Tests\tz\nTests\tt\nTests\tkr\nOthers\tz", PAGE).len(), 3);
        assert!(missing("Tests\tz", PAGE).is_empty());
    }

    #[test]
    fn errors_may_move_by_one_power_only() {
        assert!(differences(PAGE, PAGE).is_empty());
        assert!(differences(PAGE, &PAGE.replace("1e-12", "1e-11")).is_empty());
        assert!(differences(PAGE, &PAGE.replace("1e-9", "1e-14")).is_empty());
        assert_eq!(differences(PAGE, &PAGE.replace("1e-12", "1e-10")).len(), 1);
        assert_eq!(differences(PAGE, &PAGE.replace("SE", "df")).len(), 1);
    }
}
