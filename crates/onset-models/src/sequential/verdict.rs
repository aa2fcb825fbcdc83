//! Redundant, confirmatory, refining, contradicting or shifting: a complete table of cut-offs.

use serde::{Deserialize, Serialize};

/// Cut-offs, frozen before a trial is judged.
///
/// | name | default | meaning |
/// |---|---|---|
/// | `surprise` | 0.05 | predictive p below it: the trial contradicts |
/// | `redundant` | 0.02 | information in nats below it: nothing was added |
/// | `refining` | 0.25 | information from it on: more than confirmed |
/// | `bands` | 0.05, 0.2, 0.8, 0.95 | edges of the certainty bands of P(beyond) |
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CutOffs {
    /// Predictive p below which a trial contradicts.
    pub surprise: f64,
    /// Information below which a trial is redundant.
    pub redundant: f64,
    /// Information from which on a trial refines.
    pub refining: f64,
    /// Rising edges of the bands of P(beyond).
    pub bands: Vec<f64>,
}

impl Default for CutOffs {
    fn default() -> Self {
        CutOffs {
            surprise: 0.05,
            redundant: 0.02,
            refining: 0.25,
            bands: vec![0.05, 0.2, 0.8, 0.95],
        }
    }
}

/// What a trial was, given what was known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It added next to nothing.
    Redundant,
    /// It was expected and changes no band.
    Confirmatory,
    /// It was expected and narrowed what is known.
    Refining,
    /// It was not expected, and the band stays.
    Contradicting,
    /// The band changes.
    Shifting,
}

impl Verdict {
    /// One word.
    pub fn code(self) -> &'static str {
        match self {
            Verdict::Redundant => "redundant",
            Verdict::Confirmatory => "confirmatory",
            Verdict::Refining => "refining",
            Verdict::Contradicting => "contradicting",
            Verdict::Shifting => "shifting",
        }
    }
}

/// The band of a probability: how many edges lie at or below it.
pub fn band(probability: f64, edges: &[f64]) -> usize {
    edges.iter().filter(|&&edge| probability >= edge).count()
}

/// The verdict on one trial; the first line that holds.
///
/// | line | condition | verdict |
/// |---|---|---|
/// | 1 | the band of P(beyond) changes | shifting |
/// | 2 | predictive p < `surprise` | contradicting |
/// | 3 | information < `redundant` | redundant |
/// | 4 | information < `refining` | confirmatory |
/// | 5 | otherwise | refining |
///
/// Every pair of numbers falls on exactly one line.
pub fn classify(p_predictive: f64, information: f64, beyond: (f64, f64), cut_offs: &CutOffs) -> Verdict {
    if band(beyond.0, &cut_offs.bands) != band(beyond.1, &cut_offs.bands) {
        Verdict::Shifting
    } else if p_predictive < cut_offs.surprise {
        Verdict::Contradicting
    } else if information < cut_offs.redundant {
        Verdict::Redundant
    } else if information < cut_offs.refining {
        Verdict::Confirmatory
    } else {
        Verdict::Refining
    }
}
