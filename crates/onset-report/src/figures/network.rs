//! The figures of a network: graph, league table, evidence by kind, ranks, contributions.

use super::{Figure, direction, interval};
use crate::words;
use onset_plot::contribution::{ContributionBar, ContributionPart, Contributions};
use onset_plot::league::{League, LeaguePair};
use onset_plot::netsplit::{NetSplit, SplitLine, SplitPair};
use onset_plot::network::{GraphEdge, GraphNode, NetworkGraph};
use onset_plot::rankogram::{RankPanel, Rankogram};
use onset_plot::rob::Light;
use onset_plot::{Effect, Heading, Reference, text};
use onset_plot::{
    contributions, contributions_narrow, league, league_narrow, netsplit, netsplit_narrow, network_graph,
    network_graph_narrow, rankogram, rankogram_narrow,
};
use onset_review::Answers;
use onset_review::network::{NetworkReport, Networks, Pair};

/// Pairs that a figure of lines or bars can hold; of more, those with direct evidence.
const MOST_PAIRS: usize = 21;

/// Names of the networks for files and anchors, in their order.
pub(crate) fn names(networks: &Networks) -> Vec<String> {
    words::slugs(networks.networks.iter().map(|network| network.id.as_str()))
}

/// Every figure of every network.
pub(super) fn figures(answers: &Answers) -> Vec<Figure> {
    let Some(networks) = &answers.network else {
        return Vec::new();
    };
    let mut list = Vec::new();
    for (report, name) in networks.networks.iter().zip(names(networks)) {
        if report.pairs.is_empty() {
            continue;
        }
        list.push(graph(report, &name));
        list.push(table(report, &name));
        list.push(evidence(report, &name));
        list.extend(ranks(report, &name));
        list.extend(carried(report, &name));
    }
    list
}

/// "Severity of depression at 24 hours".
fn about(report: &NetworkReport) -> String {
    words::capital(&report.label)
}

fn heading(report: &NetworkReport, id: String, title: String) -> Heading {
    let measure = words::measure_phrase(&report.scale, &report.unit, &report.direction);
    let weight = words::weight_of(report.k, report.n);
    Heading {
        id,
        title,
        subtitle: format!("{measure}; {}; {weight}.", report.model),
        desc: report.findings.join(" "),
        source: String::new(),
    }
}

fn graph(report: &NetworkReport, name: &str) -> Figure {
    let place = |id: &str| report.nodes.iter().position(|node| node.id == id);
    // parts stand together
    let mut order: Vec<usize> = (0..report.nodes.len()).collect();
    order.sort_by_key(|&i| report.nodes[i].part);
    let drawn = |id: &str| place(id).and_then(|i| order.iter().position(|&o| o == i));
    let parts = match report.parts.len() {
        1 if report.loops => "connected, with closed loops".to_owned(),
        1 if report.edges.len() + 1 > report.nodes.len() => {
            "connected, with loops inside single trials only".to_owned()
        }
        1 => "connected, without a closed loop".to_owned(),
        n => format!("{} groups that nothing connects", text::count(n as u64)),
    };
    let title = format!(
        "{}: {} treatments in {}, {parts}",
        about(report),
        text::count(report.nodes.len() as u64),
        text::trials(report.k)
    );
    let id = format!("network-{name}");
    let input = NetworkGraph {
        heading: heading(report, id.clone(), title),
        nodes: order
            .iter()
            .map(|&i| {
                let node = &report.nodes[i];
                GraphNode {
                    label: node.label.clone(),
                    people: node.people,
                    trials: node.trials,
                    part: node.part,
                }
            })
            .collect(),
        edges: report
            .edges
            .iter()
            .filter_map(|edge| {
                Some(GraphEdge {
                    a: drawn(&edge.a)?,
                    b: drawn(&edge.b)?,
                    trials: edge.trials,
                    people: edge.people,
                })
            })
            .collect(),
        stamp: stamp(report),
    };
    let table = Some("network-studies".to_owned());
    Figure::new(&id, table, network_graph(&input), network_graph_narrow(&input))
}

fn stamp(report: &NetworkReport) -> String {
    report.stamp.clone().unwrap_or_default()
}

fn effect(report: &NetworkReport) -> Effect {
    let unit = if report.unit.is_empty() {
        String::new()
    } else {
        format!(", {}", report.unit)
    };
    Effect {
        label: format!("{}{unit}", words::capital(&report.scale)),
        scale: words::scale(&report.measure),
        ratio: report.ratio,
        direction: direction(&report.direction),
        treatment: "the treatment named first".to_owned(),
        control: "the treatment named second".to_owned(),
        level: report.level,
        important: report.important_difference.map(|value| Reference {
            value: words::shown(value, report.ratio),
            label: "important difference".to_owned(),
        }),
    }
}

fn table(report: &NetworkReport, name: &str) -> Figure {
    let place = |id: &str| report.nodes.iter().position(|node| node.id == id).unwrap_or(0);
    let sure = report
        .pairs
        .iter()
        .filter_map(|pair| pair.estimate)
        .filter(|i| words::verdict(i, report.ratio, &report.direction) != words::Verdict::Unclear)
        .count();
    let all = report.pairs.iter().filter(|pair| pair.estimate.is_some()).count();
    let title = format!(
        "{}: {} of {} comparisons have an interval that excludes no difference",
        about(report),
        text::count(sure as u64),
        text::count(all as u64)
    );
    let id = format!("network-league-{name}");
    let input = League {
        heading: heading(report, id.clone(), title),
        effect: effect(report),
        names: report.nodes.iter().map(|node| node.label.clone()).collect(),
        pairs: report
            .pairs
            .iter()
            .map(|pair| LeaguePair {
                first: place(&pair.a),
                second: place(&pair.b),
                network: pair.estimate.as_ref().map(interval),
                direct: pair.direct.as_ref().map(interval),
                note: if pair.refused.is_some() {
                    "refused: different times".to_owned()
                } else {
                    String::new()
                },
            })
            .collect(),
        stamp: stamp(report),
    };
    let table = Some("network-league".to_owned());
    Figure::new(&id, table, league(&input), league_narrow(&input))
}

/// "ECT v midazolam, infusion".
pub(crate) fn label(pair: &Pair) -> String {
    format!("{} v {}", pair.a_label, words::uncapital(&pair.b_label))
}

/// Pairs that fit into a figure.
fn chosen(report: &NetworkReport) -> Vec<&Pair> {
    let all = report.pairs.len() <= MOST_PAIRS;
    report
        .pairs
        .iter()
        .filter(|pair| all || pair.evidence != "indirect")
        .take(MOST_PAIRS)
        .collect()
}

fn evidence(report: &NetworkReport, name: &str) -> Figure {
    let pairs = chosen(report);
    let mixed = pairs.iter().filter(|pair| pair.p.is_some()).count();
    let title = if mixed > 0 {
        let apart = pairs
            .iter()
            .filter(|pair| pair.p.is_some_and(|p| p < 0.1))
            .count();
        format!(
            "{}: direct and indirect evidence differ in {} of {} comparisons that have both",
            about(report),
            text::count(apart as u64),
            text::count(mixed as u64)
        )
    } else {
        format!(
            "{}: no comparison has both direct and indirect evidence",
            about(report)
        )
    };
    let id = format!("network-evidence-{name}");
    let input = NetSplit {
        heading: heading(report, id.clone(), title),
        effect: effect(report),
        pairs: pairs.into_iter().map(split).collect(),
        stamp: stamp(report),
    };
    let table = Some("network-league".to_owned());
    Figure::new(&id, table, netsplit(&input), netsplit_narrow(&input))
}

fn split(pair: &Pair) -> SplitPair {
    let direct = format!("direct, {}", text::trials(pair.trials));
    let mixed = pair.evidence == "mixed";
    let mut lines = Vec::new();
    let mut push = |name: &str, network: bool, found: Option<&onset_review::answers::Interval>| {
        lines.extend(found.map(|i| SplitLine {
            label: name.to_owned(),
            network,
            interval: interval(i),
        }));
    };
    if mixed {
        push(&direct, false, pair.direct.as_ref());
        push("indirect", false, pair.indirect.as_ref());
        push("network", true, pair.estimate.as_ref());
    } else {
        let name = if pair.evidence == "direct" {
            direct.as_str()
        } else {
            "indirect alone"
        };
        push(name, true, pair.estimate.as_ref());
    }
    SplitPair {
        label: label(pair),
        test: pair.p.map(text::p_phrase).unwrap_or_default(),
        note: pair.refused.clone().unwrap_or_default(),
        lines,
    }
}

fn ranks(report: &NetworkReport, name: &str) -> Option<Figure> {
    let best = report.ranking.first()?;
    let first = best.rank.first().copied().unwrap_or(0.0);
    let title = format!(
        "{}: {} ranks first with a probability of {}",
        about(report),
        words::uncapital(&best.label),
        text::percent(100.0 * first, 0)
    );
    let id = format!("network-ranks-{name}");
    let input = Rankogram {
        heading: heading(report, id.clone(), title),
        treatments: report
            .ranking
            .iter()
            .map(|ranked| RankPanel {
                label: ranked.label.clone(),
                p_score: ranked.p_score,
                cumulative: ranked.cumulative.clone(),
            })
            .collect(),
        stamp: stamp(report),
    };
    let table = Some("network-ranks".to_owned());
    Some(Figure::new(
        &id,
        table,
        rankogram(&input),
        rankogram_narrow(&input),
    ))
}

fn carried(report: &NetworkReport, name: &str) -> Option<Figure> {
    let pairs: Vec<&Pair> = chosen(report)
        .into_iter()
        .filter(|pair| !pair.shares.is_empty())
        .collect();
    if pairs.is_empty() {
        return None;
    }
    let alone = pairs.iter().filter(|pair| pair.shares.len() == 1).count();
    let title = format!(
        "{}: {} of {} estimates rest on one trial alone",
        about(report),
        text::count(alone as u64),
        text::count(pairs.len() as u64)
    );
    let study = |id: &str| report.studies.iter().find(|study| study.id == id);
    let id = format!("network-contributions-{name}");
    let input = Contributions {
        heading: heading(report, id.clone(), title),
        bars: pairs
            .into_iter()
            .map(|pair| ContributionBar {
                label: label(pair),
                parts: pair
                    .shares
                    .iter()
                    .map(|part| ContributionPart {
                        label: study(&part.study).map_or_else(|| part.study.clone(), |s| s.label.clone()),
                        share: part.share,
                        risk: match study(&part.study).map(|s| s.risk.as_str()) {
                            Some("low") => Light::Low,
                            Some("unclear") => Light::Unclear,
                            Some("high") => Light::High,
                            _ => Light::NotJudged,
                        },
                    })
                    .collect(),
            })
            .collect(),
        stamp: stamp(report),
    };
    let table = Some("network-contributions".to_owned());
    Some(Figure::new(
        &id,
        table,
        contributions(&input),
        contributions_narrow(&input),
    ))
}
