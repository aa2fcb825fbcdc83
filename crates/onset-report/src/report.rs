//! `report.html`: the page for clinicians and guideline panels, one file.
//!
//! Scripts only add comfort: opening the part a link leads to, and showing sources to keyboard users.

mod answers;
mod blinding;
mod certainty;
mod durability;
mod economics;
mod evidence;
mod floor;
mod grid;
mod methods;
mod network;
mod parts;
mod pool;
mod priors;
mod provenance;
mod sections;
mod timecourse;
mod verdict;

use crate::figures::{self, Figure};
use crate::page;
use crate::sources::Sources;
use crate::tables::{self, TableError};
use maud::{Markup, PreEscaped, html};
use onset_review::Answers;
use onset_review::answers::Pool;
use std::collections::BTreeMap;

const STYLE: &str = include_str!("report/report.css");
const SCRIPT: &str = include_str!("report/report.js");

/// What every part of the page reads.
pub(crate) struct Context<'a> {
    answers: &'a Answers,
    figures: &'a BTreeMap<String, Figure>,
    tables: &'a BTreeMap<String, tables::Written>,
    sources: Sources<'a>,
    /// Pools with their names for anchors and files.
    pools: Vec<(&'a Pool, String)>,
    /// Study labels by id.
    labels: BTreeMap<&'a str, &'a str>,
}

impl<'a> Context<'a> {
    fn new(
        answers: &'a Answers,
        figures: &'a BTreeMap<String, Figure>,
        tables: &'a BTreeMap<String, tables::Written>,
    ) -> Context<'a> {
        let names = figures::pool_names(answers);
        let studies = answers.evidence.studies.iter();
        Context {
            answers,
            figures,
            tables,
            sources: Sources::new(&answers.evidence),
            pools: answers.size.by.iter().zip(names).collect(),
            labels: studies.map(|s| (s.id.as_str(), s.label.as_str())).collect(),
        }
    }

    /// The label of a study, or its id.
    fn label<'b>(&self, study: &'b str) -> &'b str
    where
        'a: 'b,
    {
        self.labels.get(study).copied().unwrap_or(study)
    }

    /// The name of a pool for anchors.
    fn name(&self, pool: &Pool) -> &str {
        let found = self.pools.iter().find(|(known, _)| std::ptr::eq(*known, pool));
        found.map_or("", |(_, name)| name)
    }
}

/// A definition of onset in words.
pub(crate) fn onset_definition(code: &str) -> &'static str {
    timecourse::definition(code)
}

/// A section of the page: its anchor, its heading, what stands in it.
struct Section {
    anchor: &'static str,
    heading: String,
    body: Markup,
    /// On paper it lies across.
    broad: bool,
}

/// The page.
///
/// # Errors
/// A number in a table that is not finite, with its place.
pub fn report(answers: &Answers) -> Result<String, TableError> {
    let tables = tables::by_name(answers)?;
    Ok(with_figures(answers, &figures::by_name(answers), &tables).concat())
}

/// The page, in pieces, from figures and tables that were made before.
pub(crate) fn with_figures(
    answers: &Answers,
    figures: &BTreeMap<String, Figure>,
    tables: &BTreeMap<String, tables::Written>,
) -> Vec<String> {
    let context = Context::new(answers, figures, tables);
    let questions = sections::questions(&context);
    let mut others = evidence::sections(&context);
    others.extend(provenance::sections(&context));
    others.push(methods::methods(&context));
    others.push(methods::downloads(&context));
    let top = html! {
        (PreEscaped("<main class=\"frame\">"))
        div.top {
            (answers::header(&context))
            (answers::six(&context, &questions))
        }
        (contents(answers, &questions, &others))
        (PreEscaped("<div class=\"rest\">"))
    };
    let footer = html! {
        footer {
            p {
                "Made with onset " (answers.review.onset_version) " from review version "
                (answers.review.version) ". For clinicians and guideline panels; it does not replace \
                judgement about one patient."
            }
        }
    };
    // one piece a section, so that the page holds each of them once
    let mut pieces = vec![html! { a.skip href="#answers" { "Skip to the answers" } }, top];
    for section in questions.into_iter().chain(others) {
        let class = if section.broad { " class=\"broad\"" } else { "" };
        pieces.push(html! {
            (PreEscaped(format!("<section id=\"{}\"{class}>", section.anchor)))
            h2 { (section.heading) }
        });
        pieces.extend([section.body, PreEscaped("</section>".to_owned())]);
    }
    pieces.extend([footer, PreEscaped("</div></main>".to_owned())]);
    let style = format!(
        "{}\n{STYLE}\n{}",
        onset_plot::css(),
        page::width_rules(context.figures.values())
    );
    page::page(&answers.review.title, &style, SCRIPT, pieces)
}

/// The contents: the six questions, then what they rest on.
fn contents(answers: &Answers, questions: &[Section], others: &[Section]) -> Markup {
    html! {
        nav.contents aria-label="Contents" {
            p.contents-title { "Questions" }
            ol {
                @for (name, answer) in crate::words::six(answers) {
                    @let section = questions.iter().find(|s| s.anchor == name);
                    @if section.is_some() {
                        li { a href=(format!("#{name}")) { (answer.question) } }
                    } @else {
                        li { a href=(format!("#answer-{name}")) { (answer.question) } }
                    }
                }
            }
            p.contents-title { "What they rest on" }
            ol {
                @for section in others {
                    li { a href=(format!("#{}", section.anchor)) { (section.heading) } }
                }
            }
        }
    }
}
