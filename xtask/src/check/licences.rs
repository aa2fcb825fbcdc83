//! Licences of every package in the lock file, as SPDX expressions.

use crate::workspace::Package;

const ALLOWED: &[&str] = &[
    "0BSD",
    "Apache-2.0",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "BSL-1.0",
    "CC0-1.0",
    "ISC",
    "MIT",
    "MIT-0",
    "MPL-2.0",
    "Unicode-3.0",
    "Unicode-DFS-2016",
    "Unlicense",
    "Zlib",
];

/// Packages that may not be used under any of the licences they offer.
pub fn faults(packages: &[Package]) -> Vec<String> {
    let mut faults = Vec::new();
    for package in packages {
        let named = format!("{} {}", package.name, package.version);
        match &package.licence {
            Some(expression) if allowed(expression) => {}
            Some(expression) => faults.push(format!("{named} is under {expression}")),
            None if package.licence_file => faults.push(format!("{named} has only a licence file: read it")),
            None => faults.push(format!("{named} names no licence")),
        }
    }
    faults
}

/// True when the expression can be satisfied with allowed licences. `/` is the old way to write OR.
fn allowed(expression: &str) -> bool {
    let spaced = expression
        .replace('(', " ( ")
        .replace(')', " ) ")
        .replace('/', " OR ");
    let tokens: Vec<&str> = spaced.split_whitespace().collect();
    let mut at = 0;
    let fine = either(&tokens, &mut at);
    fine && at == tokens.len()
}

fn either(tokens: &[&str], at: &mut usize) -> bool {
    let mut fine = both(tokens, at);
    while tokens.get(*at) == Some(&"OR") {
        *at += 1;
        fine |= both(tokens, at);
    }
    fine
}

fn both(tokens: &[&str], at: &mut usize) -> bool {
    let mut fine = one(tokens, at);
    while tokens.get(*at) == Some(&"AND") {
        *at += 1;
        fine &= one(tokens, at);
    }
    fine
}

fn one(tokens: &[&str], at: &mut usize) -> bool {
    let token = tokens.get(*at).copied().unwrap_or_default();
    *at += 1;
    if token == "(" {
        let fine = either(tokens, at);
        let closed = tokens.get(*at) == Some(&")");
        *at += 1;
        return fine && closed;
    }
    if tokens.get(*at) == Some(&"WITH") {
        *at += 2; // an exception only permits more
    }
    ALLOWED.contains(&token)
}

#[cfg(test)]
mod tests {
    use super::allowed;

    #[test]
    fn expressions() {
        assert!(allowed("MIT OR Apache-2.0"));
        assert!(allowed("MIT/Apache-2.0"));
        assert!(allowed("(MIT OR GPL-3.0-only) AND Unicode-3.0"));
        assert!(allowed("Apache-2.0 WITH LLVM-exception OR Apache-2.0 OR MIT"));
        assert!(!allowed("GPL-3.0-or-later"));
        assert!(!allowed("MIT AND GPL-2.0-only"));
        assert!(!allowed("(MIT"));
        assert!(!allowed(""));
    }
}
