//! Which room may import which: arrows run downwards only (ARCHITECTURE.md draws them).

use crate::workspace::Package;

/// A crate and the crates of ours that it may import, tests included.
const ROOMS: &[(&str, &[&str])] = &[
    ("onset-math", &[]),
    ("onset-data", &[]),
    ("onset-effects", &["onset-math", "onset-data"]),
    ("onset-models", &["onset-math", "onset-effects", "onset-data"]),
    (
        "onset-review",
        &["onset-models", "onset-effects", "onset-data", "onset-math"],
    ),
    ("onset-plot", &["onset-data"]),
    ("onset-report", &["onset-review", "onset-plot", "onset-data"]),
    (
        "onset",
        &[
            "onset-math",
            "onset-data",
            "onset-effects",
            "onset-models",
            "onset-review",
            "onset-plot",
            "onset-report",
        ],
    ),
    ("onset-cli", &["onset"]),
    ("onset-bench", &["onset"]),
    ("xtask", &[]),
];

/// Every import that the table does not name.
pub fn faults(packages: &[Package]) -> Vec<String> {
    let ours: Vec<&str> = packages
        .iter()
        .filter(|p| p.ours)
        .map(|p| p.name.as_str())
        .collect();
    let mut faults = Vec::new();
    for package in packages.iter().filter(|p| p.ours) {
        let Some((_, allowed)) = ROOMS.iter().find(|(name, _)| *name == package.name) else {
            faults.push(format!("crate {} stands in no room of the table", package.name));
            continue;
        };
        for import in &package.dependencies {
            if ours.contains(&import.as_str()) && !allowed.contains(&import.as_str()) {
                faults.push(format!("{} may not import {import}", package.name));
            }
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn package(name: &str, dependencies: &[&str]) -> Package {
        Package {
            name: name.to_owned(),
            version: String::new(),
            licence: None,
            licence_file: false,
            ours: true,
            dependencies: dependencies.iter().map(|d| (*d).to_owned()).collect(),
        }
    }

    #[test]
    fn an_arrow_upwards_is_found() {
        let packages = [
            package("onset-data", &["onset-math"]),
            package("onset-math", &["libm"]),
        ];
        assert_eq!(faults(&packages), ["onset-data may not import onset-math"]);
    }

    #[test]
    fn a_crate_outside_the_table_is_found() {
        assert_eq!(faults(&[package("onset-misc", &[])]).len(), 1);
    }
}
