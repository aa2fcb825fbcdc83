//! `patient.html`: one screen a question, in plain words, with both arms out of the same 100 people.
//!
//! Short sentences and short words (a test holds the reading level), no advice, and what is not known said
//! as plainly as what is.

mod screens;

use crate::figures::{self, Figure};
use crate::page;
use maud::{Markup, html};
use onset_review::Answers;
use std::collections::BTreeMap;

const STYLE: &str = include_str!("patient/patient.css");

/// One screen.
struct Screen {
    anchor: &'static str,
    heading: &'static str,
    known: Markup,
    unknown: Vec<String>,
}

/// The page.
pub fn patient(answers: &Answers) -> String {
    with_figures(answers, &figures::by_name(answers)).concat()
}

/// The page, in pieces, from figures that were drawn before.
pub(crate) fn with_figures(answers: &Answers, figures: &BTreeMap<String, Figure>) -> Vec<String> {
    let screens = screens::all(answers, figures);
    let body = html! {
        a.skip href="#speed" { "Skip to the first question" }
        main {
            header {
                h1 { (answers.review.title) }
                p.question { (answers.review.question) }
                p { strong { "This is not medical advice." } " It tells what studies found. Talk with your doctor \
                    about what it means for you." }
                @if !answers.review.systematic_search {
                    p { "We did not search for every study. Some may be missing here." }
                }
                nav aria-label="Questions" {
                    ol { @for screen in &screens {
                        li { a href=(format!("#{}", screen.anchor)) { (screen.heading) } }
                    } }
                }
            }
            @for screen in &screens { (shown(screen)) }
            footer {
                p { strong { "This is not medical advice." } }
                p.small {
                    "Review version " (answers.review.version) ", made with onset "
                    (answers.review.onset_version) ". Every number and its source is in the full report."
                }
            }
        }
    };
    let style = format!(
        "{}\n{STYLE}\n{}",
        onset_plot::css(),
        page::width_rules(used(figures))
    );
    page::page(
        &format!("{}, in plain words", answers.review.title),
        &style,
        "",
        vec![body],
    )
}

fn used(figures: &BTreeMap<String, Figure>) -> impl Iterator<Item = &Figure> {
    figures
        .values()
        .filter(|figure| figure.name.starts_with("icons-"))
}

fn shown(screen: &Screen) -> Markup {
    html! {
        section.screen id=(screen.anchor) {
            h2 { (screen.heading) }
            (screen.known)
            @if !screen.unknown.is_empty() {
                div.unknown {
                    h3 { "What we do not know" }
                    ul { @for text in &screen.unknown { li { (text) } } }
                }
            }
        }
    }
}
