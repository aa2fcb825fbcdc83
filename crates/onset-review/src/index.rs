//! The evidence arranged by study, with the exclusions that touch each row.

use crate::protocol::{Comparison, Exclude, Outcome, Protocol, Treatment, Window};
use onset_data::RowId;
use onset_data::evidence::{Arm, Contrast, Evidence, Observation, RiskOfBias, Study};
use std::collections::BTreeMap;

/// One study with everything that belongs to it.
pub(crate) struct StudyData<'a> {
    pub study: &'a Study,
    pub arms: Vec<&'a Arm>,
    pub observations: Vec<&'a Observation>,
    pub contrasts: Vec<&'a Contrast>,
    pub risk_of_bias: Vec<&'a RiskOfBias>,
}

/// Protocol and evidence, indexed once.
pub(crate) struct Index<'a> {
    pub protocol: &'a Protocol,
    pub studies: Vec<StudyData<'a>>,
    pub treatments: BTreeMap<&'a str, &'a Treatment>,
    /// Exclusions of the protocol with their rows parsed.
    exclusions: Vec<(&'a Exclude, Vec<RowId>)>,
}

/// What an exclusion is held against.
pub(crate) struct RowKey<'a> {
    pub row: &'a RowId,
    pub study: &'a str,
    pub arms: [&'a str; 2],
    pub outcome: &'a str,
}

impl<'a> Index<'a> {
    pub fn new(protocol: &'a Protocol, evidence: &'a Evidence) -> Self {
        let mut position: BTreeMap<&str, usize> = BTreeMap::new();
        let mut studies: Vec<StudyData<'a>> = Vec::with_capacity(evidence.studies.len());
        for study in &evidence.studies {
            position.insert(&study.id, studies.len());
            studies.push(StudyData {
                study,
                arms: Vec::new(),
                observations: Vec::new(),
                contrasts: Vec::new(),
                risk_of_bias: Vec::new(),
            });
        }
        let at = |id: &str| position.get(id).copied();
        for arm in &evidence.arms {
            if let Some(i) = at(&arm.study_id) {
                studies[i].arms.push(arm);
            }
        }
        for observation in &evidence.observations {
            if let Some(i) = at(&observation.study_id) {
                studies[i].observations.push(observation);
            }
        }
        for contrast in &evidence.contrasts {
            if let Some(i) = at(&contrast.study_id) {
                studies[i].contrasts.push(contrast);
            }
        }
        for judgement in &evidence.risk_of_bias {
            if let Some(i) = at(&judgement.study_id) {
                studies[i].risk_of_bias.push(judgement);
            }
        }
        let exclusions = protocol
            .exclude
            .iter()
            .map(|exclude| {
                (
                    exclude,
                    exclude.rows.iter().filter_map(|row| row.parse().ok()).collect(),
                )
            })
            .collect();
        let treatments = protocol
            .treatment
            .iter()
            .map(|node| (node.id.as_str(), node))
            .collect();
        Index {
            protocol,
            studies,
            treatments,
            exclusions,
        }
    }

    /// The first exclusion that covers this row in this comparison.
    pub fn excluded(&self, key: &RowKey<'_>, comparison: &str) -> Option<&'a Exclude> {
        self.exclusions
            .iter()
            .find(|(exclude, rows)| {
                let here =
                    exclude.comparisons.is_empty() || exclude.comparisons.iter().any(|id| id == comparison);
                here && matches(exclude, rows, key)
            })
            .map(|(exclude, _)| *exclude)
    }

    /// Rows that an exclusion covers, in table order.
    pub fn rows_of(&self, position: usize, evidence: &Evidence) -> Vec<RowId> {
        let Some((exclude, rows)) = self.exclusions.get(position) else {
            return Vec::new();
        };
        let observations = evidence.observations.iter().filter_map(|o| {
            let key = RowKey {
                row: &o.row,
                study: &o.study_id,
                arms: [&o.arm_id, &o.arm_id],
                outcome: &o.outcome,
            };
            matches(exclude, rows, &key).then(|| o.row.clone())
        });
        let contrasts = evidence.contrasts.iter().filter_map(|c| {
            let key = RowKey {
                row: &c.row,
                study: &c.study_id,
                arms: [&c.arm1, &c.arm2],
                outcome: &c.outcome,
            };
            matches(exclude, rows, &key).then(|| c.row.clone())
        });
        let mut covered: Vec<RowId> = observations.chain(contrasts).collect();
        for row in rows {
            if !covered.contains(row) {
                covered.push(row.clone());
            }
        }
        covered
    }

    pub fn outcome(&self, id: &str) -> Option<&'a Outcome> {
        self.protocol.outcome.iter().find(|outcome| outcome.id == id)
    }

    pub fn window(&self, id: &str) -> Option<&'a Window> {
        self.protocol.window.iter().find(|window| window.id == id)
    }

    pub fn treatment_label(&self, id: &str) -> String {
        self.treatments
            .get(id)
            .map_or_else(|| id.to_owned(), |node| node.label.clone())
    }
}

/// Whether a study's population is wanted by a comparison.
pub(crate) fn population_wanted(comparison: &Comparison, study: &Study) -> bool {
    comparison.populations.is_empty()
        || study
            .population
            .as_ref()
            .is_some_and(|population| comparison.populations.contains(population))
}

fn matches(exclude: &Exclude, rows: &[RowId], key: &RowKey<'_>) -> bool {
    if !rows.is_empty() {
        return rows.contains(key.row);
    }
    if exclude.study.is_none() && exclude.arm.is_none() && exclude.outcome.is_none() {
        return false;
    }
    exclude.study.as_ref().is_none_or(|study| study == key.study)
        && exclude
            .arm
            .as_ref()
            .is_none_or(|arm| key.arms.contains(&arm.as_str()))
        && exclude
            .outcome
            .as_ref()
            .is_none_or(|outcome| outcome == key.outcome)
}
