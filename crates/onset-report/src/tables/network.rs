//! Tables of networks: league, trials, contributions, ranks, confidence. Each line carries the stamp of joined windows.

use super::{Cell, Table, three};
use onset_review::network::{NetworkReport, Networks};

/// All of them, each over every network.
pub(super) fn tables(networks: &Networks) -> Vec<Table> {
    let mut list = vec![league(networks), studies(networks), contributions(networks)];
    if networks
        .networks
        .iter()
        .any(|network| !network.ranking.is_empty())
    {
        list.push(ranks(networks));
    }
    if networks
        .networks
        .iter()
        .any(|network| network.components.is_some())
    {
        list.push(components(networks));
    }
    list.push(confidence(networks));
    list
}

fn stamp(report: &NetworkReport) -> Cell {
    report.stamp.as_deref().into()
}

fn league(networks: &Networks) -> Table {
    let header = [
        "network",
        "outcome",
        "measure",
        "first",
        "second",
        "evidence",
        "direct_trials",
        "windows",
        "estimate",
        "lower",
        "upper",
        "prediction_lower",
        "prediction_upper",
        "direct",
        "direct_lower",
        "direct_upper",
        "indirect",
        "indirect_lower",
        "indirect_upper",
        "difference",
        "difference_lower",
        "difference_upper",
        "p",
        "proportion_direct",
        "common",
        "common_lower",
        "common_upper",
        "confidence",
        "refused",
        "stamp",
    ];
    let mut table = Table::new("network-league", &header);
    for report in &networks.networks {
        for pair in &report.pairs {
            let mut row: Vec<Cell> = vec![
                report.id.as_str().into(),
                report.outcome.as_str().into(),
                report.measure.as_str().into(),
                pair.a_label.as_str().into(),
                pair.b_label.as_str().into(),
                pair.evidence.as_str().into(),
                pair.trials.into(),
                pair.windows.join(" ").into(),
            ];
            row.extend(three(pair.estimate.as_ref()));
            row.push(pair.prediction.map(|p| p.lower).into());
            row.push(pair.prediction.map(|p| p.upper).into());
            row.extend(three(pair.direct.as_ref()));
            row.extend(three(pair.indirect.as_ref()));
            row.extend(three(pair.difference.as_ref()));
            row.push(pair.p.into());
            row.push(pair.proportion_direct.into());
            row.extend(three(pair.common.as_ref()));
            row.push(pair.confidence.as_ref().map(|c| c.confidence.as_str()).into());
            row.push(pair.refused.as_deref().into());
            row.push(stamp(report));
            table.rows.push(row);
        }
    }
    table
}

fn studies(networks: &Networks) -> Table {
    let header = [
        "network",
        "study",
        "label",
        "window",
        "time_hours",
        "people",
        "first",
        "second",
        "effect",
        "se",
        "basis",
        "risk",
        "rows",
        "stamp",
    ];
    let mut table = Table::new("network-studies", &header);
    for report in &networks.networks {
        for study in &report.studies {
            for effect in &study.effects {
                table.rows.push(vec![
                    report.id.as_str().into(),
                    study.id.as_str().into(),
                    study.label.as_str().into(),
                    study.window.as_str().into(),
                    study.time_hours.into(),
                    study.people.into(),
                    effect.a.as_str().into(),
                    effect.b.as_str().into(),
                    effect.effect.into(),
                    effect.se.into(),
                    effect.basis.as_str().into(),
                    study.risk.as_str().into(),
                    effect.rows.as_slice().into(),
                    stamp(report),
                ]);
            }
        }
    }
    table
}

fn contributions(networks: &Networks) -> Table {
    let header = ["network", "first", "second", "study", "share", "risk", "stamp"];
    let mut table = Table::new("network-contributions", &header);
    for report in &networks.networks {
        for pair in &report.pairs {
            for part in &pair.shares {
                let study = report.studies.iter().find(|study| study.id == part.study);
                table.rows.push(vec![
                    report.id.as_str().into(),
                    pair.a.as_str().into(),
                    pair.b.as_str().into(),
                    part.study.as_str().into(),
                    part.share.into(),
                    study.map(|study| study.risk.as_str()).into(),
                    stamp(report),
                ]);
            }
        }
    }
    table
}

/// Components, then nodes by the sums of theirs.
fn components(networks: &Networks) -> Table {
    let header = [
        "network",
        "first",
        "second",
        "across_parts",
        "estimate",
        "lower",
        "upper",
        "p",
        "why_not",
        "stamp",
    ];
    let mut table = Table::new("network-components", &header);
    for report in &networks.networks {
        let Some(found) = &report.components else {
            continue;
        };
        if let Some(why) = &found.why_not {
            let mut row: Vec<Cell> = vec![report.id.as_str().into()];
            row.extend((0..7).map(|_| Cell::Absent));
            row.extend([why.as_str().into(), stamp(report)]);
            table.rows.push(row);
            continue;
        }
        let reason = |known: bool| (!known).then_some("not estimable").into();
        for effect in &found.effects {
            let mut row: Vec<Cell> = vec![
                report.id.as_str().into(),
                effect.id.as_str().into(),
                Cell::Absent,
                Cell::Absent,
            ];
            row.extend(three(effect.estimate.as_ref()));
            row.extend([effect.p.into(), reason(effect.estimate.is_some()), stamp(report)]);
            table.rows.push(row);
        }
        for pair in &found.pairs {
            let mut row: Vec<Cell> = vec![
                report.id.as_str().into(),
                pair.a.as_str().into(),
                pair.b.as_str().into(),
                pair.across_parts.into(),
            ];
            row.extend(three(pair.estimate.as_ref()));
            row.extend([Cell::Absent, reason(pair.estimate.is_some()), stamp(report)]);
            table.rows.push(row);
        }
    }
    table
}

fn ranks(networks: &Networks) -> Table {
    let header = [
        "network",
        "node",
        "label",
        "p_score",
        "sucra",
        "rank",
        "probability",
        "cumulative",
        "stamp",
    ];
    let mut table = Table::new("network-ranks", &header);
    for report in &networks.networks {
        for ranked in &report.ranking {
            for (rank, (p, sum)) in ranked.rank.iter().zip(&ranked.cumulative).enumerate() {
                table.rows.push(vec![
                    report.id.as_str().into(),
                    ranked.node.as_str().into(),
                    ranked.label.as_str().into(),
                    ranked.p_score.into(),
                    ranked.sucra.into(),
                    (rank + 1).into(),
                    (*p).into(),
                    (*sum).into(),
                    stamp(report),
                ]);
            }
        }
    }
    table
}

fn confidence(networks: &Networks) -> Table {
    let header = [
        "network",
        "first",
        "second",
        "confidence",
        "domain",
        "rating",
        "basis",
        "rule",
        "text",
        "numbers",
        "stamp",
    ];
    let mut table = Table::new("network-confidence", &header);
    for report in &networks.networks {
        for pair in &report.pairs {
            let Some(confidence) = &pair.confidence else {
                continue;
            };
            for domain in &confidence.domains {
                let numbers: Vec<String> = domain
                    .numbers
                    .iter()
                    .map(|n| format!("{} = {}", n.name, n.value))
                    .collect();
                table.rows.push(vec![
                    report.id.as_str().into(),
                    pair.a.as_str().into(),
                    pair.b.as_str().into(),
                    confidence.confidence.as_str().into(),
                    domain.domain.label().into(),
                    domain.rating.label().into(),
                    domain.basis.as_str().into(),
                    domain.rule.as_str().into(),
                    domain.text.as_str().into(),
                    numbers.join("; ").into(),
                    stamp(report),
                ]);
            }
        }
    }
    table
}
