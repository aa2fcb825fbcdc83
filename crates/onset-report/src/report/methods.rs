//! Methods text ready to paste, and the downloads.

use super::{Context, Section, parts};
use crate::page;
use crate::words;
use maud::html;
use onset_plot::text;
use onset_review::Answers;

/// The methods section.
pub(super) fn methods(context: &Context<'_>) -> Section {
    let paragraphs = paragraphs(context.answers);
    let whole = paragraphs.join("\n\n");
    let address = page::data_address("text/plain;charset=utf-8", whole.as_bytes());
    Section {
        anchor: "methods",
        heading: "Methods, ready to paste".to_owned(),
        broad: false,
        body: html! {
            div.methods id="methods-text" {
                @for paragraph in &paragraphs { p { (paragraph) } }
            }
            p.beneath {
                a.save href=(address) download="methods.txt" { "Methods (text)" }
                " " button.copy type="button" data-copies="methods-text" hidden { "Copy" }
                span.copied role="status" {}
            }
        },
    }
}

fn paragraphs(answers: &Answers) -> Vec<String> {
    let mut list = vec![search(answers), models(answers)];
    list.extend(absolute(answers));
    list.extend(conversions(answers));
    list.push(reproduction(answers));
    list
}

fn search(answers: &Answers) -> String {
    let review = &answers.review;
    let evidence = &answers.evidence;
    let kind = if review.systematic_search {
        "The evidence comes from a systematic search."
    } else {
        "The evidence does not come from a systematic search."
    };
    let mut said = format!("{} {kind}", review.question);
    if !review.search.is_empty() {
        said.push_str(&format!(" {}", review.search));
    }
    let pooled = evidence.studies.iter().filter(|s| !s.pools.is_empty()).count();
    said.push_str(&format!(
        " {} studies are in the tables; {} inform at least one pooled result; {} exclusions are listed with \
         their reasons.",
        text::count(evidence.studies.len() as u64),
        text::count(pooled as u64),
        text::count(evidence.exclusions.len() as u64),
    ));
    said
}

fn models(answers: &Answers) -> String {
    let mut seen: Vec<(String, String)> = Vec::new();
    for found in answers.size.by.iter().filter_map(|p| p.estimate.as_ref()) {
        let pair = (found.scale.clone(), found.model.clone());
        if !seen.contains(&pair) {
            seen.push(pair);
        }
    }
    let mut scales: Vec<(&str, Vec<&str>)> = Vec::new();
    for (scale, model) in &seen {
        match scales.iter_mut().find(|(known, _)| known == scale) {
            Some((_, models)) => models.push(model),
            None => scales.push((scale, vec![model])),
        }
    }
    let said: Vec<String> = scales
        .iter()
        .map(|(scale, models)| format!("{}: {}", words::capital(scale), models.join("; or ")))
        .collect();
    let with = answers.size.by.iter().filter(|p| p.estimate.is_some()).count();
    let level = answers
        .size
        .by
        .iter()
        .find_map(|p| p.estimate.as_ref())
        .map_or_else(String::new, |e| {
            format!(" Intervals are at {}.", text::percent(e.level * 100.0, 0))
        });
    format!(
        "Each comparison, outcome and time window was pooled on its own ({} planned, {} with a result), each \
         trial through the visit nearest to the window's target hour. Measures and models: {}. The model \
         beside each number is the one used there.{level}",
        text::count(answers.size.by.len() as u64),
        text::count(with as u64),
        if said.is_empty() {
            "none, as no pool has a result".to_owned()
        } else {
            said.join(". ")
        },
    )
}

fn absolute(answers: &Answers) -> Option<String> {
    let first = answers.size.by.iter().find_map(|p| p.absolute.as_ref())?;
    Some(format!(
        "People per 100 come from the pooled ratio and a declared risk in the control arm, their intervals \
         from {} draws of both (seed {}).",
        text::count(u64::from(first.draws)),
        first.seed
    ))
}

fn conversions(answers: &Answers) -> Option<String> {
    let used: Vec<String> = answers
        .evidence
        .conversions
        .iter()
        .filter(|conversion| !conversion.uses.is_empty())
        .map(|conversion| {
            let count = text::count(conversion.uses.len() as u64);
            format!("{} ({count})", conversion.conversion)
        })
        .collect();
    (!used.is_empty()).then(|| {
        format!(
            "Conversions of printed numbers, with the number of uses: {}.",
            used.join("; ")
        )
    })
}

fn reproduction(answers: &Answers) -> String {
    let review = &answers.review;
    format!(
        "Computed with onset {}, review version {}, protocol format {}, seed {}. SHA-256 of the tables: {}; of \
         the protocol: {}.",
        review.onset_version,
        review.version,
        review.format,
        review.seed,
        review.data_sha256,
        review.protocol_sha256
    )
}

/// Every figure and every table, to save.
pub(super) fn downloads(context: &Context<'_>) -> Section {
    let shared = context
        .tables
        .iter()
        .filter(|(name, _)| !name.starts_with("studies-"));
    let body = html! {
        p {
            "Each figure and each table of studies can be saved beneath its figure. All files also stand in \
             the folders " code { "figures" } " and " code { "tables" } " beside this page, and every number \
             in " code { "results.json" } "."
        }
        ul.downloads { @for (name, table) in shared {
            li id=(format!("table-{name}")) {
                (page::saved("text/csv", "tables", &format!("{name}.csv"), &table.csv, &format!("{name}.csv")))
                " " span.remark { (rows(table.rows)) }
            }
        } }
        (parts::folded("Figures by name", false, &html! {
            ul.downloads { @for figure in context.figures.values() {
                li { a href=(format!("#figure-{}", figure.name)) { (figure.name) ".svg" } }
            } }
        }))
    };
    Section {
        anchor: "downloads",
        heading: "Downloads".to_owned(),
        body,
        broad: false,
    }
}

fn rows(count: usize) -> String {
    match count {
        1 => "1 row".to_owned(),
        n => format!("{} rows", text::count(n as u64)),
    }
}
