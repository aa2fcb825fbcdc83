//! The fit of a network, pair by pair.

use super::rows::{self, Trial, Wanted};
use super::{
    EdgeShare, IntervalUsed, NetworkEffect, NetworkReport, NetworkStudy, NetworkWindow, Pair, QTest, QTests,
    Ranked, StudyShare, components, confidence, graph,
};
use crate::answers::{Interval, Note};
use crate::convert;
use crate::effect;
use crate::fit::wald_interval;
use crate::grade::{TrialRisk, trial_risk};
use crate::index::Index;
use crate::protocol::{Direction, EffectMeasure, Network, NetworkInterval, NetworkTau2, Window};
use crate::size::{judgements, measure_of, threshold_of};
use onset_models::network as models;

/// A share this small is arithmetic, not evidence.
const NO_SHARE: f64 = 1e-9;

/// One network; `None` where its outcome is not declared, which the rules have refused.
pub(super) fn report(index: &Index<'_>, network: &Network) -> Option<NetworkReport> {
    let outcome = index.outcome(&network.outcome)?;
    let windows: Vec<&Window> = network.windows.iter().filter_map(|id| index.window(id)).collect();
    let measure = network
        .measure
        .unwrap_or_else(|| measure_of(&index.protocol.model, outcome));
    let wanted = Wanted {
        network,
        outcome,
        windows: &windows,
        measure,
    };
    let gathered = rows::gather(index, wanted);
    let mut report = empty(index, wanted);
    report.warnings = gathered.warnings.iter().map(Note::from).collect();
    report.left_out = gathered.left_out;
    let trials = gathered.trials;
    report.k = trials.len();
    report.n = trials.iter().map(Trial::people).sum();
    report.studies = trials
        .iter()
        .map(|trial| study(trial, network, &windows))
        .collect();
    for (position, window) in report.windows.iter_mut().enumerate() {
        window.trials = trials.iter().filter(|trial| trial.window == position).count();
    }
    let contrasts: Vec<models::Contrast> = trials.iter().flat_map(|t| t.contrasts(network)).collect();
    let joined = match models::Network::from_arms(&contrasts) {
        Ok(joined) => joined.value,
        Err(models::NetworkError::NoStudies) => {
            report.without = network.node.iter().map(|node| node.label.clone()).collect();
            report.why_not =
                Some("No trial compares two of these treatments here with a usable result.".to_owned());
            return Some(report);
        }
        Err(error) => {
            report.why_not = Some(error.to_string());
            return Some(report);
        }
    };
    report.nodes = graph::nodes(network, &trials, &joined);
    report.without = network
        .node
        .iter()
        .filter(|node| !report.nodes.iter().any(|known| known.id == node.id))
        .map(|node| node.label.clone())
        .collect();
    report.edges = graph::edges(network, &windows, &trials);
    report.parts = graph::parts(&report.nodes);
    report.loops = joined.independent_loops() > 0;
    report.findings = graph::findings(&report);
    if let Err(error) = fill(&mut report, index, wanted, &joined) {
        report.why_not = Some(error.to_string());
        report.pairs.clear();
    }
    Some(report)
}

fn empty(index: &Index<'_>, wanted: Wanted<'_>) -> NetworkReport {
    let Wanted {
        network,
        outcome,
        windows,
        measure,
    } = wanted;
    let key = format!("network.{}", network.id);
    let mut protocol = vec![
        key.clone(),
        format!("outcome.{}", outcome.id),
        "model.level".to_owned(),
        "model.conversions".to_owned(),
    ];
    protocol.extend(windows.iter().map(|window| format!("window.{}", window.id)));
    let declared = network
        .important_difference
        .as_ref()
        .or(outcome.important_difference.as_ref());
    let tau2 = match network.tau2 {
        NetworkTau2::REML => "REML",
        NetworkTau2::DL => "DL",
        NetworkTau2::ML => "ML",
    };
    NetworkReport {
        id: network.id.clone(),
        label: network.label.clone(),
        reason: network.reason.clone(),
        outcome: outcome.id.clone(),
        outcome_label: outcome.label.clone(),
        direction: match outcome.direction {
            Direction::Lower => "lower is better".to_owned(),
            Direction::Higher => "higher is better".to_owned(),
        },
        measure: effect::code(measure).to_owned(),
        scale: effect::scale_name(measure).to_owned(),
        unit: effect::unit(measure, outcome),
        ratio: effect::is_ratio(measure),
        model: format!("random effects, {tau2}, {}", named(network.interval)),
        level: index.protocol.model.level,
        interval: None,
        windows: windows
            .iter()
            .map(|window| NetworkWindow {
                id: window.id.clone(),
                label: window.label.clone(),
                trials: 0,
            })
            .collect(),
        reference: network.reference.clone(),
        nodes: Vec::new(),
        without: Vec::new(),
        edges: Vec::new(),
        k: 0,
        n: 0,
        parts: Vec::new(),
        loops: false,
        findings: Vec::new(),
        why_not: None,
        tau2: None,
        i2: None,
        q: None,
        design_by_treatment: None,
        important_difference: declared.and_then(|d| threshold_of(outcome, measure, d)),
        pairs: Vec::new(),
        components: None,
        ranking: Vec::new(),
        ranking_why_not: None,
        stamp: None,
        studies: Vec::new(),
        left_out: Vec::new(),
        assumptions: Vec::new(),
        warnings: Vec::new(),
        protocol,
    }
}

/// An interval's name in a sentence.
fn named(interval: NetworkInterval) -> &'static str {
    match interval {
        NetworkInterval::Wald => "Wald",
        NetworkInterval::T => "t",
        NetworkInterval::HartungKnapp => "Hartung-Knapp",
        NetworkInterval::HartungKnappFloored => "Hartung-Knapp, never narrower than t",
    }
}

fn study(trial: &Trial<'_>, network: &Network, windows: &[&Window]) -> NetworkStudy {
    let risk_of_bias = judgements(trial.data);
    let mut rows: Vec<_> = trial
        .effects
        .iter()
        .flat_map(|(_, _, e)| e.rows.iter().cloned())
        .collect();
    rows.sort();
    rows.dedup();
    NetworkStudy {
        id: trial.data.study.id.clone(),
        label: trial.data.study.label.clone(),
        window: windows[trial.window].id.clone(),
        time_hours: trial.effects.first().and_then(|(_, _, e)| e.time_hours),
        people: trial.people(),
        effects: trial
            .effects
            .iter()
            .map(|(a, b, e)| {
                let mut conversions: Vec<String> = e
                    .applied
                    .iter()
                    .map(|x| convert::name(x.conversion).to_owned())
                    .collect();
                conversions.dedup();
                NetworkEffect {
                    a: network.node[*a].id.clone(),
                    b: network.node[*b].id.clone(),
                    effect: e.y,
                    se: e.v.sqrt(),
                    basis: e.basis.clone(),
                    conversions,
                    rows: e.rows.clone(),
                }
            })
            .collect(),
        risk: match trial_risk(&risk_of_bias) {
            TrialRisk::Low => "low",
            TrialRisk::Unclear => "unclear",
            TrialRisk::High => "high",
            TrialRisk::NotJudged => "not judged",
        }
        .to_owned(),
        risk_of_bias,
        rows,
    }
}

/// What every pair's numbers are read from.
struct Fitted<'a> {
    joined: &'a models::Network,
    nma: models::Nma,
    contributions: Option<models::Contribution>,
    limits: models::NetworkIntervals,
    measure: EffectMeasure,
    level: f64,
    prediction_from: usize,
}

fn fill(
    report: &mut NetworkReport,
    index: &Index<'_>,
    wanted: Wanted<'_>,
    joined: &models::Network,
) -> Result<(), models::NetworkError> {
    let network = wanted.network;
    let small_values = match wanted.outcome.direction {
        Direction::Lower => models::SmallValues::Desirable,
        Direction::Higher => models::SmallValues::Undesirable,
    };
    let options = models::NetworkOptions {
        method: match network.tau2 {
            NetworkTau2::REML => models::NetworkMethod::Reml,
            NetworkTau2::DL => models::NetworkMethod::Dl,
            NetworkTau2::ML => models::NetworkMethod::Ml,
        },
        small_values,
        level: report.level,
    };
    let nma = models::network_meta(joined, &options)?.value;
    let contributions = models::contribution(joined, nma.tau2)?;
    let estimable = nma.q.total.df > 0;
    let (limits, used) = limits(joined, nma.tau2, network.interval, report.level)?;
    report.interval = Some(used);
    report.tau2 = estimable.then_some(nma.tau2);
    report.i2 = estimable.then_some(nma.i2);
    let part = |q: models::QPart| QTest {
        value: q.value,
        df: q.df,
        p: q.p,
    };
    report.q = estimable.then(|| QTests {
        total: part(nma.q.total),
        heterogeneity: part(nma.q.heterogeneity),
        inconsistency: part(nma.q.inconsistency),
    });
    report.design_by_treatment = nma.design_by_treatment.map(|d| QTest {
        value: d.value,
        df: d.df,
        p: Some(d.p),
    });
    let fitted = Fitted {
        joined,
        nma,
        contributions,
        limits,
        measure: wanted.measure,
        level: report.level,
        prediction_from: network
            .prediction_from
            .unwrap_or(index.protocol.model.prediction_from),
    };
    if network.prediction_from.is_none() {
        report.protocol.push("model.prediction_from".to_owned());
    }
    report.pairs = pairs(report, &fitted);
    guard(report, network);
    report.components = components::fit(report, wanted, joined, options.method);
    rank(report, network, &fitted, small_values, index.protocol.review.seed)?;
    assumptions(report, estimable, network.interval);
    confidence::rate(report, network);
    Ok(())
}

/// Limits by the declared method; by normal quantiles where t has no degrees of freedom.
fn limits(
    joined: &models::Network,
    tau2: f64,
    method: NetworkInterval,
    level: f64,
) -> Result<(models::NetworkIntervals, IntervalUsed), models::NetworkError> {
    let test = match method {
        NetworkInterval::Wald => models::NetworkTest::Z,
        NetworkInterval::T => models::NetworkTest::T,
        NetworkInterval::HartungKnapp => models::NetworkTest::Knha,
        NetworkInterval::HartungKnappFloored => models::NetworkTest::Adhoc,
    };
    let (method, found) = match models::intervals(joined, tau2, test, level)? {
        Some(found) => (method, found),
        None => {
            let wald = models::intervals(joined, tau2, models::NetworkTest::Z, level)?;
            (
                NetworkInterval::Wald,
                wald.ok_or(models::NetworkError::NotFinite)?,
            )
        }
    };
    let used = IntervalUsed {
        method,
        df: found.df,
        scale: found.scale,
    };
    Ok((found, used))
}

fn pairs(report: &NetworkReport, fitted: &Fitted<'_>) -> Vec<Pair> {
    let mut list = Vec::new();
    for (position, a) in report.nodes.iter().enumerate() {
        for b in report
            .nodes
            .iter()
            .skip(position + 1)
            .filter(|b| b.part == a.part)
        {
            let place = |id: &str| fitted.joined.treatments().iter().position(|t| t == id);
            if let (Some(i), Some(j)) = (place(&a.id), place(&b.id)) {
                list.extend(pair(report, fitted, (a, b), (i, j)));
            }
        }
    }
    list
}

fn pair(
    report: &NetworkReport,
    fitted: &Fitted<'_>,
    (a, b): (&super::Node, &super::Node),
    (i, j): (usize, usize),
) -> Option<Pair> {
    let nma = &fitted.nma;
    let (low, high) = (i.min(j), i.max(j));
    let sign = if i < j { 1.0 } else { -1.0 };
    let split = nma.splits.iter().find(|s| (s.a, s.b) == (low, high))?;
    let wald = |y: f64, se: f64| wald_interval(sign * y, se, fitted.level);
    let shown = |interval: &Interval| effect::shown(fitted.measure, interval);
    let (lower, upper) = fitted.limits.lower[i][j].zip(fitted.limits.upper[i][j])?;
    let analysis = Interval {
        value: sign * split.network,
        lower,
        upper,
    };
    let common = nma.common.estimate[i][j].zip(nma.common.standard_error[i][j]);
    // as in pools: not from few trials, and not where it would only repeat the interval of the mean
    let drawn = nma
        .prediction
        .as_ref()
        .filter(|_| nma.tau2 > 0.0 && report.k >= fitted.prediction_from);
    let prediction = drawn.and_then(|p| {
        let limits = p.lower[i][j].zip(p.upper[i][j])?;
        Some(Interval {
            value: analysis.value,
            lower: limits.0,
            upper: limits.1,
        })
    });
    let (contributions, shares) = shares(report, fitted, (low, high));
    Some(Pair {
        a: a.id.clone(),
        b: b.id.clone(),
        a_label: a.label.clone(),
        b_label: b.label.clone(),
        evidence: match (split.direct, split.indirect) {
            (Some(_), Some(_)) => "mixed",
            (Some(_), None) => "direct",
            _ => "indirect",
        }
        .to_owned(),
        trials: split.studies,
        windows: windows(report, a.part, &contributions),
        refused: None,
        estimate: Some(shown(&analysis)),
        analysis: Some(analysis),
        se: Some(split.network_se),
        prediction: prediction.as_ref().map(shown),
        common: common.map(|(y, se)| shown(&wald_interval(y, se, fitted.level))),
        direct: split
            .direct
            .zip(split.direct_se)
            .map(|(y, se)| shown(&wald(y, se))),
        indirect: split
            .indirect
            .zip(split.indirect_se)
            .map(|(y, se)| shown(&wald(y, se))),
        difference: split
            .difference
            .zip(split.difference_se)
            .map(|(y, se)| shown(&wald(y, se))),
        p: split.p,
        proportion_direct: Some(split.proportion_direct),
        contributions,
        shares,
        confidence: None,
    })
}

fn shares(
    report: &NetworkReport,
    fitted: &Fitted<'_>,
    pair: (usize, usize),
) -> (Vec<EdgeShare>, Vec<StudyShare>) {
    let Some(matrix) = &fitted.contributions else {
        return (Vec::new(), Vec::new());
    };
    let Some(row) = matrix.rows.iter().position(|r| *r == pair) else {
        return (Vec::new(), Vec::new());
    };
    let name = |i: usize| fitted.joined.treatments()[i].clone();
    let mut edges = Vec::new();
    let mut studies: Vec<StudyShare> = Vec::new();
    for ((&(a, b), &share), members) in matrix
        .columns
        .iter()
        .zip(&matrix.values[row])
        .zip(&matrix.studies)
    {
        if share <= NO_SHARE {
            continue;
        }
        let (a, b) = (name(a), name(b));
        let turned = report.edges.iter().any(|edge| edge.a == b && edge.b == a);
        let (a, b) = if turned { (b, a) } else { (a, b) };
        edges.push(EdgeShare { a, b, share });
        for (study, part) in members {
            let share = share * part;
            match studies.iter_mut().find(|known| known.study == *study) {
                Some(known) => known.share += share,
                None => studies.push(StudyShare {
                    study: study.clone(),
                    share,
                }),
            }
        }
    }
    edges.sort_by(|x, y| y.share.total_cmp(&x.share));
    studies.sort_by(|x, y| y.share.total_cmp(&x.share));
    (edges, studies)
}

/// Windows of the trials behind an estimate, in the order of the protocol; where contributions are not defined, of every
/// trial of its part.
fn windows(report: &NetworkReport, part: usize, contributions: &[EdgeShare]) -> Vec<String> {
    let nodes: Vec<&str> = report
        .nodes
        .iter()
        .filter(|n| n.part == part)
        .map(|n| n.id.as_str())
        .collect();
    let behind = |edge: &&super::NetworkEdge| {
        if contributions.is_empty() {
            nodes.contains(&edge.a.as_str())
        } else {
            contributions.iter().any(|c| c.a == edge.a && c.b == edge.b)
        }
    };
    let used: Vec<&String> = report
        .edges
        .iter()
        .filter(behind)
        .flat_map(|edge| &edge.windows)
        .collect();
    report
        .windows
        .iter()
        .map(|window| window.id.clone())
        .filter(|id| used.contains(&id))
        .collect()
}

/// Refuses estimates whose trials speak about different windows, or stamps them where the protocol says why not.
fn guard(report: &mut NetworkReport, network: &Network) {
    let label = |id: &String| {
        let window = report.windows.iter().find(|w| w.id == *id);
        window.map_or_else(|| id.clone(), |w| crate::phrase::window(&w.label))
    };
    let mixed: Vec<(usize, String)> = report
        .pairs
        .iter()
        .enumerate()
        .filter(|(_, pair)| pair.windows.len() > 1)
        .map(|(i, pair)| {
            (
                i,
                graph::joined(&pair.windows.iter().map(label).collect::<Vec<_>>()),
            )
        })
        .collect();
    let used: Vec<String> = report
        .windows
        .iter()
        .filter(|w| w.trials > 0)
        .map(|w| label(&w.id))
        .collect();
    // components borrow from every trial
    if mixed.is_empty() && (network.component.is_empty() || used.len() < 2) {
        return;
    }
    if let Some(reason) = &network.across_windows {
        report.stamp = Some(format!(
            "Joins different times ({}). {reason}",
            graph::joined(&used)
        ));
        report
            .protocol
            .push(format!("network.{}.across_windows", network.id));
        return;
    }
    for (i, times) in mixed {
        if let Some(pair) = report.pairs.get_mut(i) {
            refuse(
                pair,
                format!(
                    "Refused: the trials behind it look at different times ({times}), and the protocol does not say \
                     why they may be joined."
                ),
            );
        }
    }
}

fn refuse(pair: &mut Pair, why: String) {
    pair.refused = Some(why);
    pair.estimate = None;
    pair.analysis = None;
    pair.se = None;
    pair.prediction = None;
    pair.common = None;
    pair.direct = None;
    pair.indirect = None;
    pair.difference = None;
    pair.p = None;
    pair.proportion_direct = None;
}

/// Ranks, where they order treatments and not single trials.
fn rank(
    report: &mut NetworkReport,
    network: &Network,
    fitted: &Fitted<'_>,
    small_values: models::SmallValues,
    seed: u64,
) -> Result<(), models::NetworkError> {
    let alone = report.by_one_trial();
    let why_not = if report.nodes.len() < 3 {
        Some("Two treatments are compared, not ranked.".to_owned())
    } else if report.parts.len() > 1 {
        Some("No ranking: treatments that nothing connects have no common order.".to_owned())
    } else if report.pairs.iter().any(|pair| pair.refused.is_some()) {
        Some("No ranking: some of its comparisons are refused.".to_owned())
    } else if !report.loops && !alone.is_empty() {
        Some(format!(
            "No ranking: no loop is closed by separate trials, and the place of {} would be that of one trial.",
            graph::joined(&alone)
        ))
    } else {
        None
    };
    if why_not.is_some() {
        report.ranking_why_not = why_not;
        return Ok(());
    }
    let drawn = models::rankogram(
        fitted.joined,
        fitted.nma.tau2,
        small_values,
        network.rank_draws as usize,
        seed,
    )?;
    let (Some(drawn), Some(scores)) = (drawn, &fitted.nma.p_scores) else {
        return Ok(());
    };
    for node in &report.nodes {
        let Some(i) = fitted.joined.treatments().iter().position(|t| *t == node.id) else {
            continue;
        };
        let rank = drawn.probability[i].clone();
        let mut sum = 0.0;
        let cumulative = rank
            .iter()
            .map(|p| {
                sum += p;
                f64::min(sum, 1.0)
            })
            .collect();
        report.ranking.push(Ranked {
            node: node.id.clone(),
            label: node.label.clone(),
            p_score: scores[i],
            sucra: drawn.sucra[i],
            rank,
            cumulative,
        });
    }
    report.ranking.sort_by(|a, b| b.p_score.total_cmp(&a.p_score));
    report.protocol.push("review.seed".to_owned());
    Ok(())
}

fn assumptions(report: &mut NetworkReport, estimable: bool, declared: NetworkInterval) {
    if !estimable {
        report.model = "one true effect for each comparison; Wald".to_owned();
        if declared != NetworkInterval::Wald {
            report.assumptions.push(format!(
                "The declared intervals ({}) need comparisons with more than one trial, or loops: these are Wald.",
                named(declared)
            ));
        }
        report.assumptions.push(
            "No comparison has two trials, so how much trials differ cannot be estimated: the intervals leave it out \
             and are too narrow by an unknown amount."
                .to_owned(),
        );
    } else if report.edges.len() > 1 {
        let several: Vec<String> = report
            .edges
            .iter()
            .filter(|edge| edge.trials > 1)
            .map(|edge| format!("{} v {}", report.said(&edge.a), report.said(&edge.b)))
            .collect();
        if several.len() < report.edges.len() && !several.is_empty() && !report.loops {
            report.assumptions.push(format!(
                "Trials are taken to differ as much in every comparison; how much is estimated from the trials of {} only.",
                graph::joined(&several)
            ));
        }
    }
    if report.edges.len() > 1 {
        report.assumptions.push(
            "Indirect estimates take the trials of both legs to be alike in everything that changes the effect: people, \
             dose, blinding, background treatment."
                .to_owned(),
        );
    }
    if let Some(stamp) = &report.stamp {
        report.assumptions.push(stamp.clone());
    }
}
