//! "Compared with what?": networks, each with what it can and cannot support.

use super::{Context, parts};
use crate::figures::network::{label, names};
use crate::report::grid::{Grid, number, words as text_column};
use crate::words;
use maud::{Markup, html};
use onset_plot::text;
use onset_review::network::{NetworkReport, Pair};

/// The networks, the answering one open; `None` where none is declared.
pub(super) fn section(context: &Context<'_>) -> Option<Markup> {
    let Some(networks) = &context.answers.network else {
        return None;
    };
    let headline = words::headline(context.answers);
    let answers = |report: &NetworkReport| {
        headline.is_some_and(|pool| {
            pool.outcome == report.outcome && report.windows.first().is_some_and(|w| w.id == pool.window)
        })
    };
    let any = networks.networks.iter().any(answers);
    let mut shown = Vec::new();
    for (i, (report, name)) in networks.networks.iter().zip(names(networks)).enumerate() {
        let body = one(context, report, &name);
        let open = if any { answers(report) } else { i == 0 };
        shown.push(html! {
            div.network id=(format!("network-{name}")) {
                @if open {
                    h3 { "Network: " (words::uncapital(&report.label)) }
                    (body)
                } @else {
                    (parts::folded(&summary(report), true, &body))
                }
            }
        });
    }
    Some(html! { @for part in &shown { (part) } })
}

fn summary(report: &NetworkReport) -> String {
    format!(
        "Network: {} ({}, {} treatments)",
        words::uncapital(&report.label),
        text::trials(report.k),
        text::count(report.nodes.len() as u64)
    )
}

fn one(context: &Context<'_>, report: &NetworkReport, name: &str) -> Markup {
    let figure = |kind: &str| parts::figure(context, &format!("network-{kind}{name}"));
    html! {
        @if let Some(stamp) = &report.stamp { p { strong { (stamp) } } }
        p { (report.reason) }
        @if let Some(why) = &report.why_not { p.why { (why) } }
        @if !report.findings.is_empty() {
            ul { @for said in &report.findings { li { (said) } } }
        }
        (parts::notes(&report.warnings))
        (parts::assumptions(&report.assumptions))
        (figure(""))
        (figure("league-"))
        (figure("evidence-"))
        (figure("ranks-"))
        @if let Some(why) = &report.ranking_why_not { p { (why) } }
        @if !report.pairs.is_empty() {
            (disagreement(report))
            (parts::folded("Every comparison in numbers", false, &league(report)))
            (components(report))
            (confidence(report))
            (parts::folded("Which trials carry each estimate", true, &figure("contributions-")))
            (parts::folded("The trials of this network", false, &trials(report)))
        }
        @if !report.left_out.is_empty() {
            (parts::folded("Trials without a usable result here", false, &left_out(report)))
        }
    }
}

/// Heterogeneity and the global tests, in a sentence; nothing where neither can be estimated.
fn disagreement(report: &NetworkReport) -> Markup {
    let mut said = Vec::new();
    said.extend(report.tau2.map(|tau2| {
        format!(
            "\u{3c4}\u{b2} {}, one for all comparisons",
            words::tau2(tau2, &report.measure)
        )
    }));
    said.extend(report.i2.map(|i2| format!("I\u{b2} {}", text::percent(i2, 0))));
    if let Some(q) = &report.q {
        for (name, part) in [
            ("within designs", q.heterogeneity),
            ("between designs", q.inconsistency),
        ] {
            said.extend(part.p.map(|p| {
                format!(
                    "Q {name} {} on {} df, {}",
                    text::number(part.value, 1),
                    text::count(part.df as u64),
                    text::p_phrase(p)
                )
            }));
        }
    }
    said.extend(report.design_by_treatment.and_then(|test| {
        Some(format!(
            "design by treatment {} on {} df, {}",
            text::number(test.value, 1),
            text::count(test.df as u64),
            text::p_phrase(test.p?)
        ))
    }));
    html! { @if !said.is_empty() { p { "Disagreement: " (said.join("; ")) "." } } }
}

fn cell(found: Option<&onset_review::answers::Interval>, report: &NetworkReport) -> Markup {
    html! {
        @match found {
            Some(i) => (words::cell(i, words::scale(&report.measure))),
            None => span.absent { "none" },
        }
    }
}

fn caption(report: &NetworkReport, what: &str) -> String {
    match &report.stamp {
        Some(stamp) => format!("{what}, {}. {stamp}", words::uncapital(&report.label)),
        None => format!("{what}, {}", words::uncapital(&report.label)),
    }
}

fn league(report: &NetworkReport) -> Markup {
    let shown = report.pairs.iter().filter(|pair| pair.refused.is_none());
    // columns that would hold nothing, or the network's numbers once more, are left out
    let tested = shown.clone().any(|pair| pair.p.is_some());
    let predicted = shown.clone().any(|pair| pair.prediction.is_some());
    let common = report.tau2.is_some_and(|tau2| tau2 > 0.0);
    let mut columns = vec![
        text_column("Comparison"),
        number("Network"),
        number("Direct"),
        number("Trials"),
        number("Indirect"),
    ];
    columns.extend(tested.then(|| number("p")));
    columns.extend(predicted.then(|| number("Prediction interval")));
    columns.extend(common.then(|| number("One true effect")));
    let title = format!(
        "{}, first against second, with {}",
        words::capital(&report.scale),
        text::level_name(report.level)
    );
    let mut grid = Grid::new(caption(report, &title), columns);
    let none = || html! { span.absent { "none" } };
    for pair in &report.pairs {
        if let Some(why) = &pair.refused {
            grid.row([html! { (label(pair)) }, html! { (why) }]);
            continue;
        }
        let only = pair.evidence == "indirect";
        let mut row = vec![
            html! { (label(pair)) },
            cell(pair.estimate.as_ref(), report),
            cell(pair.direct.as_ref(), report),
            html! { (text::count(pair.trials as u64)) },
            cell(
                pair.indirect.as_ref().filter(|_| only || pair.p.is_some()),
                report,
            ),
        ];
        if tested {
            row.push(pair.p.map_or_else(none, |p| html! { (text::p(p)) }));
        }
        if predicted {
            let limits = pair.prediction.as_ref();
            row.push(limits.map_or_else(none, |p| html! { (words::limits(p, &report.measure)) }));
        }
        if common {
            row.push(cell(pair.common.as_ref(), report));
        }
        grid.row(row);
    }
    grid.markup()
}

/// Additive components: what each adds, and what only they connect.
fn components(report: &NetworkReport) -> Markup {
    let Some(found) = &report.components else {
        return html! {};
    };
    if let Some(why) = &found.why_not {
        return html! { h4 { "Additive components" } p.why { (why) } };
    }
    let said = |interval: Option<&onset_review::answers::Interval>| {
        html! {
            @match interval {
                Some(i) => (words::cell(i, words::scale(&report.measure))),
                None => span.absent { "not estimable" },
            }
        }
    };
    let node = |id: &String| {
        let found = report.nodes.iter().find(|node| node.id == *id);
        found.map_or_else(|| id.clone(), |node| node.label.clone())
    };
    let mut effects = Grid::new(
        caption(
            report,
            &format!(
                "What each component adds ({}), with {}",
                report.scale,
                text::level_name(report.level)
            ),
        ),
        [
            text_column("Component"),
            text_column("In"),
            number("Adds"),
            number("p"),
        ],
    );
    for effect in &found.effects {
        let nodes: Vec<String> = effect.nodes.iter().map(node).collect();
        effects.row([
            html! { (effect.label) },
            html! { (nodes.join("; ")) },
            said(effect.estimate.as_ref()),
            html! { @match effect.p { Some(p) => (text::p(p)), None => span.absent { "none" } } },
        ]);
    }
    let mut across = Grid::new(
        caption(
            report,
            "Compared through components alone: no trial connects these treatments",
        ),
        [text_column("Comparison"), number("By components")],
    );
    let apart: Vec<_> = found.pairs.iter().filter(|pair| pair.across_parts).collect();
    for pair in &apart {
        across.row([
            html! { (node(&pair.a)) " v " (words::uncapital(&node(&pair.b))) },
            said(pair.estimate.as_ref()),
        ]);
    }
    let body = html! {
        p {
            "The effect of a treatment is taken to be the sum of what its components add, the same in every combination. \
             \u{201c}Not estimable\u{201d}: no trial tells that component from others."
            @match &found.additivity {
                Some(test) => {
                    " Additivity against one effect a treatment: Q " (text::number(test.value, 1)) " on "
                    (text::count(test.df as u64)) " df"
                    @if let Some(p) = test.p { ", " (text::p_phrase(p)) } "."
                }
                None => " Nothing in these trials could show that effects do not add up.",
            }
        }
        (effects.markup())
        @if apart.iter().any(|pair| pair.estimate.is_some()) {
            (across.markup())
        } @else if !apart.is_empty() {
            p { "Nor do components connect the groups that no trial connects: no comparison between them is estimable." }
        }
    };
    parts::folded("Additive components", true, &body)
}

/// Confidence by domain: a line for each estimate, then why.
fn confidence(report: &NetworkReport) -> Markup {
    let rated: Vec<(&Pair, &onset_review::network::Confidence)> = report
        .pairs
        .iter()
        .filter_map(|pair| Some((pair, pair.confidence.as_ref()?)))
        .collect();
    if rated.is_empty() {
        return html! {};
    }
    let mut why = Grid::new(
        caption(report, "Confidence, domain by domain"),
        [
            text_column("Domain"),
            text_column("Concern"),
            text_column("Basis"),
            text_column("Why"),
            text_column("Rule"),
        ],
    );
    for (pair, confidence) in &rated {
        why.group(format!("{}: {} confidence", label(pair), confidence.confidence));
        for domain in &confidence.domains {
            why.row([
                html! { (words::capital(domain.domain.label())) },
                html! { (domain.rating.label()) },
                html! { (domain.basis) },
                html! { (domain.text) },
                html! { (domain.rule) },
            ]);
        }
    }
    html! {
        (overview(report, &rated))
        (parts::folded("Why: confidence, domain by domain", false, &why.markup()))
    }
}

fn overview(report: &NetworkReport, rated: &[(&Pair, &onset_review::network::Confidence)]) -> Markup {
    let mut grid = Grid::new(
        caption(report, "Confidence in each estimate (CINeMA)"),
        [
            text_column("Comparison"),
            text_column("Bias within trials"),
            text_column("Reporting bias"),
            text_column("Indirect\u{ad}ness"),
            text_column("Impre\u{ad}cision"),
            text_column("Hetero\u{ad}geneity"),
            text_column("Incoher\u{ad}ence"),
            text_column("Confi\u{ad}dence"),
        ],
    );
    for (pair, confidence) in rated {
        let mut cells = vec![html! { (label(pair)) }];
        cells.extend(confidence.domains.iter().map(|domain| {
            let short = match domain.rating.label().trim_end_matches(" concerns") {
                "no" => "none",
                other => other,
            };
            html! { (short) }
        }));
        cells.push(html! { (confidence.confidence) });
        grid.row(cells);
    }
    html! {
        div.tight { (grid.markup()) }
        p {
            "Concerns: none, some or major. Confidence begins at high; imprecision, heterogeneity and incoherence look at \
             one interval, so that the worst of them counts."
        }
    }
}

fn trials(report: &NetworkReport) -> Markup {
    let mut grid = Grid::new(
        caption(report, "Trials"),
        [
            text_column("Trial"),
            text_column("Compares"),
            text_column("Window"),
            number("People"),
            text_column("Risk of bias"),
            text_column("Basis"),
        ],
    );
    let node = |id: &str| {
        let found = report.nodes.iter().find(|node| node.id == id);
        found.map_or_else(|| id.to_owned(), |node| node.label.clone())
    };
    let window = |id: &str| {
        let found = report.windows.iter().find(|window| window.id == id);
        found.map_or_else(|| id.to_owned(), |window| words::uncapital(&window.label))
    };
    for study in &report.studies {
        for effect in &study.effects {
            grid.row([
                html! { (study.label) },
                html! { (node(&effect.a)) " v " (words::uncapital(&node(&effect.b))) },
                html! { (window(&study.window)) },
                html! { (text::count(study.people)) },
                html! { (study.risk) },
                html! { (effect.basis) },
            ]);
        }
    }
    grid.markup()
}

fn left_out(report: &NetworkReport) -> Markup {
    html! {
        ul { @for study in &report.left_out { li { (study.label) ": " (study.reason) "." } } }
    }
}
