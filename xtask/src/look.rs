//! `cargo xtask look`: the pages as a reader sees them, in headless Chromium.
//!
//! Every page is opened wide and narrow, light and dark, and as it would be printed; a screenshot of
//! each lands in `target/look/`. A fault on any of them fails the command.

mod browser;
mod faults;
mod self_test;
mod view;

use crate::process::{self, Fallible};
use crate::workspace::{self, Workspace};
use browser::Browser;
use std::path::{Path, PathBuf};
use view::View;

/// Runs the ketamine review with our own binary and looks at its pages and figures.
pub fn review() -> Fallible<()> {
    let workspace = workspace::read()?;
    let folder = fresh_folder(&workspace, "look")?;
    let out = folder.join("out");
    let onset = workspace.built("onset")?;
    let arguments = ["run", "reviews/ketamine", "-o", text(&out)?];
    process::run(&workspace.root, &onset, &arguments, &[])?;
    let mut looks: Vec<(PathBuf, &[View])> = ["report.html", "patient.html"]
        .map(|page| (out.join(page), view::PAGE))
        .into();
    for figure in sorted_files(&out.join("figures"), "svg")? {
        looks.push((figure, view::FIGURE));
    }
    look(&folder, &looks)
}

/// Looks at files that a developer names.
pub fn files(paths: &[&str]) -> Fallible<()> {
    let workspace = workspace::read()?;
    let folder = fresh_folder(&workspace, "look-files")?;
    let mut looks: Vec<(PathBuf, &[View])> = Vec::new();
    for path in paths {
        let views = if path.ends_with(".svg") {
            view::FIGURE
        } else {
            view::PAGE
        };
        looks.push((std::fs::canonicalize(path)?, views));
    }
    look(&folder, &looks)
}

/// Opens one small broken page for each kind of fault and fails when the fault is not found.
pub fn self_test() -> Fallible<()> {
    let workspace = workspace::read()?;
    let folder = fresh_folder(&workspace, "look-self-test")?;
    self_test::run(&folder)
}

/// Browsers that look at once.
const BROWSERS: usize = 2;

fn look(folder: &Path, looks: &[(PathBuf, &[View])]) -> Fallible<()> {
    let seen = std::thread::scope(|scope| {
        let workers: Vec<_> = (0..BROWSERS)
            .map(|worker| {
                let mine: Vec<_> = looks.iter().skip(worker).step_by(BROWSERS).collect();
                scope.spawn(move || look_at(folder, worker, &mine).map_err(|error| error.to_string()))
            })
            .collect();
        workers
            .into_iter()
            .map(|worker| {
                worker
                    .join()
                    .map_err(|_| "a browser's thread failed".to_owned())?
            })
            .collect::<Result<Vec<_>, String>>()
    })?;
    eprintln!("screenshots: {}", folder.display());
    let mut found = seen.concat();
    found.sort();
    if found.is_empty() {
        return Ok(());
    }
    Err(format!("look found {} faults\n  {}", found.len(), found.join("\n  ")).into())
}

/// What one browser finds on its share of the pages.
fn look_at(folder: &Path, worker: usize, looks: &[&(PathBuf, &[View])]) -> Fallible<Vec<String>> {
    let own = folder.join(format!("browser-{}", worker + 1));
    std::fs::create_dir_all(&own)?;
    let mut browser = Browser::start(&own)?;
    let mut found = Vec::new();
    for (page, views) in looks {
        for view in *views {
            let sight = view.open(&mut browser, page)?;
            let name = page.file_stem().and_then(|stem| stem.to_str()).unwrap_or("page");
            for (part, picture) in sight.screenshots.iter().enumerate() {
                let part = if part == 0 {
                    String::new()
                } else {
                    format!("-part{}", part + 1)
                };
                std::fs::write(folder.join(format!("{name}-{}{part}.png", view.name)), picture)?;
            }
            let state = if sight.faults.is_empty() { "ok  " } else { "FAIL" };
            eprintln!("{state} {name} {}", view.name);
            let faults = sight.faults.iter();
            found.extend(faults.map(|fault| format!("{name} {}: {fault}", view.name)));
        }
    }
    browser.close();
    Ok(found)
}

fn fresh_folder(workspace: &Workspace, name: &str) -> Fallible<PathBuf> {
    let folder = workspace.target.join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder)?;
    }
    std::fs::create_dir_all(&folder)?;
    Ok(folder)
}

fn sorted_files(folder: &Path, extension: &str) -> Fallible<Vec<PathBuf>> {
    let mut files = Vec::new();
    for entry in std::fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|found| found == extension) {
            files.push(path);
        }
    }
    files.sort();
    Ok(files)
}

fn text(path: &Path) -> Fallible<&str> {
    path.to_str().ok_or_else(|| "a path is not Unicode".into())
}
