//! `[durability]`: which rows of `durability.csv` speak about relapse, estimand by estimand.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// `[durability]`: what lasts, from the rows of `durability.csv`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Durability {
    /// Results that answer one question; nothing is pooled across them.
    pub group: Vec<DurabilityGroup>,
}

/// `[[durability.group]]`: trials that answer one question about what lasts.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DurabilityGroup {
    /// Id.
    pub id: String,
    /// As printed: "Esketamine continued or stopped".
    pub label: String,
    /// The question.
    pub estimand: Estimand,
    /// What is counted: "relapse", "remission kept".
    pub event: String,
    /// Short name of the treatment side.
    pub treatment_label: String,
    /// Short name of the control side.
    pub control_label: String,
    /// One entry a trial, or a part of it with people of its own.
    pub entry: Vec<DurabilityEntry>,
    /// What a reader should know.
    #[serde(default)]
    pub note: String,
}

/// Which question a result about lasting answers. Results of different questions are never pooled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Estimand {
    /// Responders are randomised to go on or to stop: what does stopping do?
    Withdrawal,
    /// Relapse among those who responded in each arm: people chosen by what happened after randomisation.
    FollowUp,
    /// Response reached and kept, among all who were randomised.
    Sustained,
}

impl Estimand {
    /// As the protocol writes it.
    pub fn code(self) -> &'static str {
        match self {
            Estimand::Withdrawal => "withdrawal",
            Estimand::FollowUp => "follow-up",
            Estimand::Sustained => "sustained",
        }
    }

    /// In a sentence.
    pub fn in_words(self) -> &'static str {
        match self {
            Estimand::Withdrawal => {
                "Randomised withdrawal: people who had responded were randomised to go on or to stop. It tells what \
                 stopping does to them, not how long a first response lasts."
            }
            Estimand::FollowUp => {
                "Relapse among those who had responded in each arm. They were chosen by what happened after \
                 randomisation, so the arms are no longer alike by design."
            }
            Estimand::Sustained => {
                "Response reached and then kept, counted among all who were randomised: a randomised comparison."
            }
        }
    }
}

/// One trial, or a part of it with people of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DurabilityEntry {
    /// Study id.
    pub study: String,
    /// Which part of it: "stable remitters".
    #[serde(default)]
    pub part: String,
    /// Row of a printed hazard ratio, treatment over control, with its 95 % interval.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub hazard_ratio: Option<String>,
    /// Rows of the treatment arm: events, people, percent, median days.
    #[serde(default)]
    pub treatment: Vec<String>,
    /// Rows of the control arm.
    #[serde(default)]
    pub control: Vec<String>,
    /// Two-sided p value of a log-rank test, as printed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub log_rank_p: Option<f64>,
    /// Where the p value is printed, and of which test.
    #[serde(default)]
    pub p_source: String,
}
