//! The workspace as `cargo metadata` sees it.

use crate::process::{self, Fallible, cargo};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// Root, target folder and all packages.
pub struct Workspace {
    pub root: PathBuf,
    pub target: PathBuf,
    pub packages: Vec<Package>,
}

impl Workspace {
    /// Path of one of our programs, built as `cargo test` builds it: after a test run nothing is left to
    /// compile, and it is optimised.
    pub fn built(&self, program: &str) -> Fallible<String> {
        let arguments = ["build", "--workspace", "--profile", "test", "--locked", "--quiet"];
        process::run(&self.root, &cargo(), &arguments, &[])?;
        self.program("debug", program)
    }

    /// Path of one of our programs, built for release.
    pub fn released(&self, program: &str) -> Fallible<String> {
        let packages = ["-p", "onset-cli", "-p", "onset-bench"];
        let arguments = [&["build", "--release", "--locked", "--quiet"], &packages[..]].concat();
        process::run(&self.root, &cargo(), &arguments, &[])?;
        self.program("release", program)
    }

    fn program(&self, profile: &str, name: &str) -> Fallible<String> {
        let path = self.target.join(profile).join(name).into_os_string();
        path.into_string().map_err(|_| "a path is not Unicode".into())
    }
}

/// One package, ours or not.
pub struct Package {
    pub name: String,
    pub version: String,
    pub licence: Option<String>,
    /// Has a licence file instead of an expression.
    pub licence_file: bool,
    pub ours: bool,
    /// Names of direct dependencies of every kind.
    pub dependencies: Vec<String>,
}

/// Reads the workspace that this program was built from.
pub fn read() -> Fallible<Workspace> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .ok_or("xtask stands in no workspace")?;
    let arguments = ["metadata", "--format-version", "1", "--locked"];
    let json: Value = serde_json::from_str(&process::output(root, &cargo(), &arguments)?)?;
    let packages = json["packages"]
        .as_array()
        .ok_or("cargo metadata lists no packages")?;
    Ok(Workspace {
        root: root.to_path_buf(),
        target: PathBuf::from(json["target_directory"].as_str().ok_or("no target directory")?),
        packages: packages.iter().map(package).collect(),
    })
}

fn package(json: &Value) -> Package {
    let text = |key: &str| json[key].as_str().unwrap_or_default().to_owned();
    let dependencies = json["dependencies"]
        .as_array()
        .map(Vec::as_slice)
        .unwrap_or_default();
    Package {
        name: text("name"),
        version: text("version"),
        licence: json["license"].as_str().map(str::to_owned),
        licence_file: json["license_file"].is_string(),
        ours: json["source"].is_null(),
        dependencies: dependencies
            .iter()
            .filter_map(|dependency| dependency["name"].as_str().map(str::to_owned))
            .collect(),
    }
}
