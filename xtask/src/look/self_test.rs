//! Proof that the checker sees: one small page for each kind of fault, wrong in one way only.

use super::browser::Browser;
use super::view::{self, View};
use crate::process::Fallible;
use std::collections::BTreeSet;
use std::path::Path;

/// A page without a fault; `BODY` is where a broken piece goes in.
const GOOD: &str = include_str!("good.html");

/// Kinds that must be found, view that must find them, and the broken piece.
struct Broken {
    kinds: &'static [&'static str],
    view: &'static str,
    body: &'static str,
}

const fn broken(kinds: &'static [&'static str], view: &'static str, body: &'static str) -> Broken {
    Broken { kinds, view, body }
}

const WIDE: &str = "1280-light";

const BROKEN: &[Broken] = &[
    broken(
        &["narrow-figure"],
        WIDE,
        "<svg role=img aria-label=x data-figure='forest-narrow' width=80 height=80><rect width=9 height=9 /></svg>",
    ),
    broken(&["console"], WIDE, "<script>console.error('not so')</script>"),
    broken(&["console"], WIDE, "<script>absent()</script>"),
    broken(&["console"], WIDE, "<script>setTimeout(() => { throw new Error('late') }, 20)</script>"),
    broken(
        &["network", "missing-file", "missing-figure"],
        WIDE,
        "<img alt='' width=40 height=40 src='https://example.org/a.png'>",
    ),
    broken(&["network", "missing-file"], WIDE, "<script>fetch('http://example.org/').catch(() => 0)</script>"),
    broken(
        &["network", "missing-file"],
        WIDE,
        "<style>@import url('https://example.org/font.css');</style>",
    ),
    broken(
        &["missing-file", "missing-figure"],
        WIDE,
        "<img alt='a picture' width=40 height=40 src='absent.png'>",
    ),
    broken(&["missing-figure"], WIDE, "<figure><figcaption>Forest plot</figcaption></figure>"),
    broken(
        &["missing-figure"],
        WIDE,
        "<svg role=img aria-label=x width=0 height=80><rect width=9 height=9 /></svg>",
    ),
    broken(&["missing-figure"], WIDE, "<svg role=img aria-label=x width=80 height=80><defs></defs></svg>"),
    broken(
        &["missing-figure"],
        "1280-dark",
        "<style>@media (prefers-color-scheme: dark) { #gone { display: none } }</style>
         <figure id=gone-not><svg id=gone role=img aria-label=x width=80 height=80><rect width=9 height=9 /></svg></figure>",
    ),
    broken(
        &["missing-figure"],
        "print",
        "<style>@media print { #lost { display: none } }</style>
         <figure><svg id=lost role=img aria-label=x width=80 height=80><rect width=9 height=9 /></svg></figure>",
    ),
    broken(
        &["no-text-alternative"],
        WIDE,
        "<svg width=80 height=80><rect width=9 height=9 /></svg>",
    ),
    broken(&["overflow"], WIDE, "<p style='width: 80px'>Electroconvulsivetherapyversusketamine</p>"),
    broken(&["overflow"], WIDE, "<p style='height: 20px; width: 160px; margin-bottom: 400px'>One line is fine, the second and the third are not, nor is the fourth</p>"),
    broken(&["overflow"], "390-light", "<div style='display: flex'><span style='width: 60px'>Midazolam-controlled</span></div>"),
    broken(&["clipped"], WIDE, "<p style='width: 80px; overflow: hidden; white-space: nowrap'>Electroconvulsive therapy</p>"),
    broken(
        &["svg-overflow"],
        WIDE,
        "<svg role=img aria-label=x width=200 height=80 viewBox='0 0 200 80'><text x=150 y=40>favours ketamine</text></svg>",
    ),
    broken(
        &["svg-overflow"],
        WIDE,
        "<svg role=img aria-label=x width=200 height=80 viewBox='0 0 200 80'><text x=-30 y=40>Zarate 2006</text></svg>",
    ),
    broken(
        &["overlap"],
        WIDE,
        "<svg role=img aria-label=x width=200 height=80 viewBox='0 0 200 80'><text x=10 y=40>saline</text><text x=30 y=44>midazolam</text></svg>",
    ),
    broken(
        &["overlap"],
        WIDE,
        "<svg role=img aria-label=x width=300 height=300 viewBox='0 0 300 300'>
         <text transform='translate(100 100) rotate(45)'>Murrough 2013</text><text transform='translate(110 105) rotate(45)'>Zarate 2006</text></svg>",
    ),
    broken(
        &["overlap"],
        WIDE,
        "<div style='position: relative'><p>The first sentence.</p><p style='position: absolute; margin: 0; top: 4px'>The second sentence.</p></div>",
    ),
    broken(&["sideways"], WIDE, "<div style='width: 1400px; height: 4px'></div>"),
    broken(&["sideways"], "390-light", "<div style='width: 500px; height: 4px'></div>"),
    broken(&["small-text"], WIDE, "<p style='font-size: 8px'>Too small to read.</p>"),
    broken(
        &["small-text"],
        "390-light",
        "<svg role=img aria-label=x style='width: 100%' viewBox='0 0 1100 300'><text x=10 y=100 font-size=14>Murrough 2013</text></svg>",
    ),
    broken(&["contrast"], WIDE, "<p style='color: #999'>Grey on white.</p>"),
    broken(&["contrast"], "1280-dark", "<p style='color: #333'>Good on white only.</p>"),
    broken(
        &["contrast"],
        "390-dark",
        "<svg role=img aria-label=x width=200 height=80><text x=10 y=40 style='fill: #222'>Black on black</text></svg>",
    ),
    broken(
        &["contrast"],
        WIDE,
        "<svg role=img aria-label=x width=200 height=80><rect width=200 height=80 fill=navy /><text x=10 y=40 style='fill: #222'>Black on navy</text></svg>",
    ),
    broken(&["duplicate-id"], WIDE, "<p id=twice>One.</p><p id=twice>Two.</p>"),
    broken(&["dead-link"], WIDE, "<a href='#nowhere'>Nowhere</a>"),
    broken(&["nonsense"], WIDE, "<p>The effect is NaN.</p>"),
    broken(&["nonsense"], WIDE, "<svg role=img aria-label=x width=200 height=80><text x=10 y=40>undefined</text></svg>"),
];

/// Opens the good page and every broken one.
pub fn run(folder: &Path) -> Fallible<()> {
    let mut browser = Browser::start(folder)?;
    let mut wrong = Vec::new();
    for view in view::PAGE {
        wrong.extend(mismatch(&mut browser, folder, "good", view, &[], "")?);
    }
    for (number, broken) in BROKEN.iter().enumerate() {
        let view = view::PAGE
            .iter()
            .find(|view| view.name == broken.view)
            .ok_or("no such view")?;
        let name = format!("{:02}-{}", number + 1, broken.kinds[0]);
        wrong.extend(mismatch(
            &mut browser,
            folder,
            &name,
            view,
            broken.kinds,
            broken.body,
        )?);
    }
    let page = GOOD.replace(" name=\"viewport\"", "").replace("BODY", "");
    let narrow = &view::PAGE[2];
    wrong.extend(differs(
        &mut browser,
        folder,
        "no-viewport",
        narrow,
        &["viewport"],
        &page,
    )?);
    let page = GOOD.replace(" lang=\"en-GB\"", "").replace("BODY", "");
    wrong.extend(differs(
        &mut browser,
        folder,
        "no-language",
        narrow,
        &["language"],
        &page,
    )?);
    let page = GOOD
        .replace("<title>A page without a fault</title>", "")
        .replace("BODY", "");
    wrong.extend(differs(
        &mut browser,
        folder,
        "no-title",
        narrow,
        &["title"],
        &page,
    )?);
    browser.close();
    if wrong.is_empty() {
        eprintln!(
            "ok   every kind of fault is found, on {} broken pages",
            BROKEN.len() + 3
        );
        return Ok(());
    }
    Err(format!(
        "the checker is wrong about {} pages\n  {}",
        wrong.len(),
        wrong.join("\n  ")
    )
    .into())
}

fn mismatch(
    browser: &mut Browser,
    folder: &Path,
    name: &str,
    view: &View,
    kinds: &[&str],
    body: &str,
) -> Fallible<Option<String>> {
    differs(browser, folder, name, view, kinds, &GOOD.replace("BODY", body))
}

/// Says so when the kinds found on a page are not exactly those expected.
fn differs(
    browser: &mut Browser,
    folder: &Path,
    name: &str,
    view: &View,
    kinds: &[&str],
    page: &str,
) -> Fallible<Option<String>> {
    let path = folder.join(format!("{name}.html"));
    std::fs::write(&path, page)?;
    let sight = view.open(browser, &path)?;
    let found: BTreeSet<&str> = sight.faults.iter().map(|fault| fault.kind.as_str()).collect();
    if found == kinds.iter().copied().collect() {
        return Ok(None);
    }
    let details: Vec<String> = sight.faults.iter().map(ToString::to_string).collect();
    Ok(Some(format!(
        "{name} {}: expected {kinds:?}, found {details:?}",
        view.name
    )))
}
