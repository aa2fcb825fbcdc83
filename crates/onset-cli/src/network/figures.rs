//! The figures of `onset network`: what was computed, as the report draws it.

use crate::figures::subject;
use onset::effects::Measure;
use onset::math::normal;
use onset::models::network::{
    Contribution, Network, NetworkIntervals, NetworkMethod, Nma, Rankogram, SmallValues, Split,
};
use onset::plot::contribution::{ContributionBar, ContributionPart, Contributions};
use onset::plot::diagnosis::Panel;
use onset::plot::funnel::{Funnel, FunnelPoint};
use onset::plot::league::{League, LeaguePair};
use onset::plot::netsplit::{NetSplit, SplitLine, SplitPair};
use onset::plot::network::{GraphEdge, GraphNode, NetworkGraph};
use onset::plot::rankogram::{RankPanel, Rankogram as Ranks};
use onset::plot::rob::Light;
use onset::plot::{
    Direction, Effect, Heading, Interval, contributions, contributions_narrow, funnel, funnel_narrow, league,
    league_narrow, netsplit, netsplit_narrow, network_graph, network_graph_narrow, rankogram,
    rankogram_narrow, text,
};
use std::collections::BTreeMap;

/// Pairs that a figure of lines or bars can hold; of more, the first with direct evidence.
const MOST_PAIRS: usize = 21;
/// Trials of a bar that are drawn one by one; smaller ones are drawn together.
const MOST_PARTS: usize = 40;
/// Treatments whose pairs a league can list; of more, the pairs with the reference.
const MOST_TREATMENTS: usize = 20;
/// p below which direct and indirect evidence are said to differ.
const APART: f64 = 0.1;

/// What the figures are drawn from.
pub struct Drawn<'a> {
    pub network: &'a Network,
    pub nma: &'a Nma,
    pub limits: Option<&'a NetworkIntervals>,
    /// Random-effects weights.
    pub contribution: Option<&'a Contribution>,
    pub ranks: Option<&'a Rankogram>,
    pub funnel: Option<&'a onset::models::network::Funnel>,
    /// People by treatment; empty where contrasts were given.
    pub people: &'a BTreeMap<String, f64>,
    pub measure: Measure,
    pub method: NetworkMethod,
    pub small_values: SmallValues,
    pub reference: usize,
    pub level: f64,
}

/// One panel a figure.
pub fn panels(drawn: &Drawn<'_>) -> Vec<Panel> {
    let mut panels = vec![drawn.graph(), drawn.league(), drawn.evidence()];
    panels.extend(drawn.ranking());
    panels.extend(drawn.carried());
    panels.extend(drawn.small_studies());
    panels
}

impl Drawn<'_> {
    fn name(&self, i: usize) -> &str {
        self.nma.treatments.get(i).map_or("", String::as_str)
    }

    fn pair(&self, a: usize, b: usize) -> String {
        format!("{} v {}", self.name(a), self.name(b))
    }

    fn model(&self) -> String {
        let (k, tau2) = (text::trials(self.nma.k), text::number(self.nma.tau2, 3));
        format!(
            "Random effects, {}, \u{3c4}\u{b2} {tau2}; {k}.",
            self.method.code()
        )
    }

    fn heading(&self, id: &str, title: String, note: &str) -> Heading {
        let subtitle = if note.is_empty() {
            self.model()
        } else {
            format!("{} {note}", self.model())
        };
        Heading {
            id: id.to_owned(),
            desc: format!("{title}. {subtitle}"),
            title,
            subtitle,
            source: String::new(),
        }
    }

    fn effect(&self) -> Effect {
        let mut effect = subject(self.measure, self.level, String::new()).effect;
        effect.direction = match self.small_values {
            SmallValues::Desirable => Direction::LowerIsBetter,
            SmallValues::Undesirable => Direction::HigherIsBetter,
        };
        "the treatment named first".clone_into(&mut effect.treatment);
        "the treatment named second".clone_into(&mut effect.control);
        effect
    }

    fn shown(&self, value: f64, lower: f64, upper: f64) -> Interval {
        crate::figures::interval(self.measure, value, lower, upper)
    }

    fn wald(&self, y: f64, se: f64) -> Interval {
        let half = normal::upper_quantile((1.0 - self.level) / 2.0) * se;
        self.shown(y, y - half, y + half)
    }

    /// The network's estimate with the limits that were asked for, else normal ones.
    fn estimate(&self, split: &Split) -> Interval {
        let cell = |grid: &[Vec<Option<f64>>]| grid.get(split.a)?.get(split.b).copied().flatten();
        let limits = self.limits.and_then(|l| cell(&l.lower).zip(cell(&l.upper)));
        match limits {
            Some((lower, upper)) => self.shown(split.network, lower, upper),
            None => self.wald(split.network, split.network_se),
        }
    }

    fn graph(&self) -> Panel {
        let parts = match self.network.components() {
            1 if self.network.independent_loops() > 0 => "connected, with closed loops".to_owned(),
            1 if self.network.has_cycle() => "connected, with loops inside single trials only".to_owned(),
            1 => "connected, without a closed loop".to_owned(),
            n => format!("{} groups that nothing connects", text::count(n as u64)),
        };
        let treatments = text::count(self.nma.treatments.len() as u64);
        let title = format!("{treatments} treatments in {}: {parts}", text::trials(self.nma.k));
        // parts stand together
        let mut order: Vec<usize> = (0..self.nma.treatments.len()).collect();
        order.sort_by_key(|&i| self.network.component(i));
        let place = |i: usize| order.iter().position(|&o| o == i);
        let input = NetworkGraph {
            heading: self.heading("network-graph", title, ""),
            nodes: order
                .iter()
                .map(|&i| GraphNode {
                    label: self.name(i).to_owned(),
                    people: self
                        .people
                        .get(self.name(i))
                        .map_or(0, |people| people.round() as u64),
                    trials: self.network.studies_of(i),
                    part: self.network.component(i),
                })
                .collect(),
            edges: self
                .network
                .direct_studies()
                .into_iter()
                .filter_map(|((a, b), trials)| {
                    Some(GraphEdge {
                        a: place(a)?,
                        b: place(b)?,
                        trials,
                        people: 0,
                    })
                })
                .collect(),
            stamp: String::new(),
        };
        panel(
            "network-graph",
            network_graph(&input),
            network_graph_narrow(&input),
        )
    }

    fn league(&self) -> Panel {
        let all = self.nma.treatments.len() <= MOST_TREATMENTS;
        let splits: Vec<&Split> = self
            .nma
            .splits
            .iter()
            .filter(|s| all || s.a == self.reference || s.b == self.reference)
            .collect();
        let effect = self.effect();
        let null = effect.null();
        let estimates: Vec<Interval> = splits.iter().map(|s| self.estimate(s)).collect();
        let clear = estimates.iter().filter(|i| i.lower > null || i.upper < null);
        let title = format!(
            "{} of {} comparisons have an interval that excludes no difference",
            text::count(clear.count() as u64),
            text::count(splits.len() as u64)
        );
        let note = if all {
            String::new()
        } else {
            format!("Comparisons with {} only.", self.name(self.reference))
        };
        let pairs = splits.iter().zip(&estimates);
        let input = League {
            heading: self.heading("network-league", title, &note),
            effect,
            names: self.nma.treatments.clone(),
            pairs: pairs
                .map(|(s, interval)| LeaguePair {
                    first: s.a,
                    second: s.b,
                    network: Some(*interval),
                    direct: s.direct.zip(s.direct_se).map(|(y, se)| self.wald(y, se)),
                    note: String::new(),
                })
                .collect(),
            stamp: String::new(),
        };
        panel("network-league", league(&input), league_narrow(&input))
    }

    /// Pairs that fit into a figure, and what to say where some do not.
    fn chosen(&self) -> (Vec<&Split>, String) {
        let splits = &self.nma.splits;
        if splits.len() <= MOST_PAIRS {
            return (splits.iter().collect(), String::new());
        }
        let direct = splits.iter().filter(|s| s.direct.is_some());
        let all = direct.clone().count();
        let note = format!(
            "{} of {} comparisons: {}those that trials make directly.",
            text::count(all.min(MOST_PAIRS) as u64),
            text::count(splits.len() as u64),
            if all > MOST_PAIRS { "the first of " } else { "" }
        );
        (direct.take(MOST_PAIRS).collect(), note)
    }

    fn evidence(&self) -> Panel {
        let (splits, note) = self.chosen();
        let tested: Vec<f64> = splits.iter().filter_map(|s| s.p).collect();
        let title = if tested.is_empty() {
            "No comparison has both direct and indirect evidence".to_owned()
        } else {
            format!(
                "Direct and indirect evidence differ (p below 0.1) in {} of {} comparisons that have both",
                text::count(tested.iter().filter(|p| **p < APART).count() as u64),
                text::count(tested.len() as u64)
            )
        };
        let input = NetSplit {
            heading: self.heading("network-netsplit", title, &note),
            effect: self.effect(),
            pairs: splits.into_iter().map(|s| self.split(s)).collect(),
            stamp: String::new(),
        };
        panel("network-netsplit", netsplit(&input), netsplit_narrow(&input))
    }

    fn split(&self, split: &Split) -> SplitPair {
        let line = |label: String, network: bool, interval: Interval| SplitLine {
            label,
            network,
            interval,
        };
        let direct = format!("direct, {}", text::trials(split.studies));
        let estimate = self.estimate(split);
        let lines = match (
            split.direct.zip(split.direct_se),
            split.indirect.zip(split.indirect_se),
        ) {
            (Some((d, d_se)), Some((i, i_se))) => vec![
                line(direct, false, self.wald(d, d_se)),
                line("indirect".to_owned(), false, self.wald(i, i_se)),
                line("network".to_owned(), true, estimate),
            ],
            (Some(_), None) => vec![line(direct, true, estimate)],
            _ => vec![line("indirect alone".to_owned(), true, estimate)],
        };
        SplitPair {
            label: self.pair(split.a, split.b),
            test: split.p.map(text::p_phrase).unwrap_or_default(),
            note: String::new(),
            lines,
        }
    }

    fn ranking(&self) -> Option<Panel> {
        let (ranks, scores) = (self.ranks?, self.nma.p_scores.as_ref()?);
        let mut order: Vec<usize> = (0..scores.len()).collect();
        order.sort_by(|&i, &j| scores[j].total_cmp(&scores[i]));
        let best = *order.first()?;
        let first = ranks.probability.get(best)?.first().copied().unwrap_or(0.0);
        let title = format!(
            "{} ranks first with a probability of {}",
            self.name(best),
            text::percent(100.0 * first, 0)
        );
        let treatments = order.iter().filter_map(|&i| {
            let mut sum = 0.0;
            let row = ranks.probability.get(i)?;
            Some(RankPanel {
                label: self.name(i).to_owned(),
                p_score: scores[i],
                cumulative: row
                    .iter()
                    .map(|p| {
                        sum += p;
                        f64::min(sum, 1.0)
                    })
                    .collect(),
            })
        });
        let input = Ranks {
            heading: self.heading("network-ranks", title, ""),
            treatments: treatments.collect(),
            stamp: String::new(),
        };
        Some(panel(
            "network-ranks",
            rankogram(&input),
            rankogram_narrow(&input),
        ))
    }

    fn carried(&self) -> Option<Panel> {
        let found = self.contribution?;
        let (splits, note) = self.chosen();
        let mut bars = Vec::new();
        let mut alone = 0;
        for split in splits {
            let Some(row) = found.rows.iter().position(|r| *r == (split.a, split.b)) else {
                continue;
            };
            let mut parts: Vec<ContributionPart> = found
                .studies_of(row)
                .into_iter()
                .map(|(label, share)| ContributionPart {
                    label: label.to_owned(),
                    share,
                    risk: Light::NotJudged,
                })
                .collect();
            parts.sort_by(|x, y| y.share.total_cmp(&x.share));
            alone += usize::from(parts.len() == 1);
            if parts.len() > MOST_PARTS {
                let rest = parts.split_off(MOST_PARTS);
                parts.push(ContributionPart {
                    label: format!("{} other trials", text::count(rest.len() as u64)),
                    share: rest.iter().map(|part| part.share).sum(),
                    risk: Light::NotJudged,
                });
            }
            bars.push(ContributionBar {
                label: self.pair(split.a, split.b),
                parts,
            });
        }
        let title = format!(
            "{} of {} estimates rest on one trial alone",
            text::count(alone as u64),
            text::count(bars.len() as u64)
        );
        let input = Contributions {
            heading: self.heading("network-contributions", title, &note),
            bars,
            stamp: String::new(),
        };
        Some(panel(
            "network-contributions",
            contributions(&input),
            contributions_narrow(&input),
        ))
    }

    fn small_studies(&self) -> Option<Panel> {
        let found = self.funnel?;
        let title = match &found.test {
            Ok(test) => format!(
                "Small studies against large ones, each comparison about its own mean: Egger's test {}",
                text::p_phrase(test.p)
            ),
            Err(_) => "Small studies against large ones, each comparison about its own mean".to_owned(),
        };
        let at = |y: f64| crate::figures::shown(self.measure, y);
        let input = Funnel {
            heading: self.heading(
                "network-funnel",
                title,
                "Later minus earlier in the declared order of treatments, minus the mean of the comparison.",
            ),
            effect: self.effect(),
            points: found
                .points
                .iter()
                .map(|p| FunnelPoint {
                    key: p.study.clone(),
                    label: format!("{}, {}", p.study, self.pair(p.a, p.b)),
                    effect: at(p.centred),
                    se: p.se,
                    rows: Vec::new(),
                })
                .collect(),
            pooled: Some(at(0.0)),
            adjusted: Vec::new(),
        };
        Some(panel("network-funnel", funnel(&input), funnel_narrow(&input)))
    }
}

fn panel(name: &str, wide: onset::plot::scene::Scene, narrow: onset::plot::scene::Scene) -> Panel {
    Panel {
        name: name.to_owned(),
        wide,
        narrow,
    }
}
