//! From the rows of the trials to contrasts between nodes.

use crate::answers::LeftOut;
use crate::gather::{Found, Job, StudyEffect, study_effect};
use crate::index::{Index, StudyData};
use crate::protocol::{Comparison, EffectMeasure, Model, MultiArm, Network, Outcome, Window};
use onset_models::network as models;
use std::collections::BTreeMap;

/// A trial's effects between nodes, all of one window.
pub(super) struct Trial<'a> {
    pub data: &'a StudyData<'a>,
    /// Position in the network's windows.
    pub window: usize,
    /// First node, second node, first minus second.
    pub effects: Vec<(usize, usize, StudyEffect)>,
}

impl Trial<'_> {
    /// People in it: the most that any node had, added up.
    pub fn people(&self) -> u64 {
        let own: u64 = self.by_node().values().sum();
        let most = self.effects.iter().map(|(_, _, e)| e.people).max().unwrap_or(0);
        // a crossover's people stand in both arms and count once
        if self.effects.len() == 1 {
            most
        } else {
            own.max(most)
        }
    }

    /// People given each node.
    pub fn by_node(&self) -> BTreeMap<usize, u64> {
        let mut people: BTreeMap<usize, u64> = BTreeMap::new();
        for (a, b, effect) in &self.effects {
            for (node, side) in [(*a, &effect.treatment), (*b, &effect.control)] {
                let known = people.entry(node).or_default();
                *known = (*known).max(side.n.or(side.n_randomised).unwrap_or(0));
            }
        }
        people
    }

    /// Its contrasts for the model.
    pub fn contrasts(&self, network: &Network) -> Vec<models::Contrast> {
        self.effects
            .iter()
            .map(|(a, b, effect)| models::Contrast {
                study: self.data.study.id.clone(),
                treat1: network.node[*a].id.clone(),
                treat2: network.node[*b].id.clone(),
                y: effect.y,
                se: effect.v.sqrt(),
            })
            .collect()
    }
}

/// Trials with a result, and those without.
pub(super) struct Gathered<'a> {
    pub trials: Vec<Trial<'a>>,
    pub left_out: Vec<LeftOut>,
    pub warnings: Vec<onset_data::Diagnostic>,
}

/// What is gathered: one outcome in windows in the order of preference.
#[derive(Clone, Copy)]
pub(super) struct Wanted<'a> {
    pub network: &'a Network,
    pub outcome: &'a Outcome,
    pub windows: &'a [&'a Window],
    pub measure: EffectMeasure,
}

/// A pair of nodes as a comparison, so that rows are read as everywhere else.
fn pair(network: &Network, a: usize, b: usize) -> Comparison {
    let (a, b) = (&network.node[a], &network.node[b]);
    Comparison {
        id: network.id.clone(),
        label: format!("{} v {}", a.label, b.label),
        treatment_label: a.label.clone(),
        control_label: b.label.clone(),
        treatment: a.treatments.clone(),
        control: b.treatments.clone(),
        outcomes: vec![network.outcome.clone()],
        windows: network.windows.clone(),
        subgroups: Vec::new(),
        diagnostics: Vec::new(),
        populations: network.populations.clone(),
        primary: false,
        control_risk: BTreeMap::new(),
        note: String::new(),
    }
}

/// Every trial's contrasts, from the first window in which it has one.
pub(super) fn gather<'a>(index: &'a Index<'a>, wanted: Wanted<'_>) -> Gathered<'a> {
    let model = Model {
        multi_arm: MultiArm::Combine,
        ..index.protocol.model.clone()
    };
    let nodes = wanted.network.node.len();
    let pairs: Vec<(usize, usize, Comparison)> = (0..nodes)
        .flat_map(|a| (a + 1..nodes).map(move |b| (a, b)))
        .map(|(a, b)| (a, b, pair(wanted.network, a, b)))
        .collect();
    let mut gathered = Gathered {
        trials: Vec::new(),
        left_out: Vec::new(),
        warnings: Vec::new(),
    };
    for data in &index.studies {
        let (trial, why) = trial(index, data, wanted, &pairs, &model);
        let checked = trial.map(|trial| (consistent(wanted.network, &trial), trial));
        match (checked, why) {
            (Some((Ok(warnings), trial)), _) => {
                gathered.warnings.extend(warnings);
                gathered.trials.push(trial);
            }
            (Some((Err(reason), trial)), _) => gathered.left_out.push(LeftOut {
                study: data.study.id.clone(),
                label: data.study.label.clone(),
                reason,
                rows: trial.effects.into_iter().flat_map(|(_, _, e)| e.rows).collect(),
            }),
            (None, why) => gathered.left_out.extend(why),
        }
    }
    gathered
}

fn trial<'a>(
    index: &Index<'_>,
    data: &'a StudyData<'a>,
    wanted: Wanted<'_>,
    pairs: &[(usize, usize, Comparison)],
    model: &Model,
) -> (Option<Trial<'a>>, Option<LeftOut>) {
    let mut why = None;
    for (position, &window) in wanted.windows.iter().enumerate() {
        let mut effects = Vec::new();
        for (a, b, comparison) in pairs {
            let job = Job {
                comparison,
                outcome: wanted.outcome,
                window,
                measure: wanted.measure,
            };
            match study_effect(index, data, job, model) {
                Found::Nothing => {}
                Found::LeftOut { reason, rows } => {
                    why.get_or_insert(LeftOut {
                        study: data.study.id.clone(),
                        label: data.study.label.clone(),
                        reason,
                        rows,
                    });
                }
                Found::Effects(found) => effects.extend(found.into_iter().map(|effect| (*a, *b, effect))),
            }
        }
        if !effects.is_empty() {
            let trial = Trial {
                data,
                window: position,
                effects,
            };
            return (Some(trial), None);
        }
    }
    (None, why)
}

/// Whether the contrasts of a trial of several arms belong together.
fn consistent(network: &Network, trial: &Trial<'_>) -> Result<Vec<onset_data::Diagnostic>, String> {
    let contrasts = trial.contrasts(network);
    let printed = trial.effects.iter().any(|(_, _, e)| e.statistic == "contrast");
    let joined = if printed {
        models::Network::new(&contrasts)
    } else {
        models::Network::from_arms(&contrasts)
    };
    // a network of one trial has no loops, which is no news
    joined
        .map(|network| {
            let mut warnings = network.warnings;
            warnings.retain(|warning| warning.code == "multi_arm_rounding");
            warnings
        })
        .map_err(|error| format!("cannot join the network: {error}"))
}
