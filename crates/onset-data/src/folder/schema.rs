//! The tables of a review folder and their columns.

/// One table of a review folder.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TableSchema {
    /// File name.
    pub file: &'static str,
    /// Whether a folder without it is refused.
    pub required: bool,
    /// Columns that must be there, in the order of the documentation.
    pub columns: &'static [&'static str],
    /// Columns that may be there too.
    pub optional: &'static [&'static str],
}

const fn table(file: &'static str, required: bool, columns: &'static [&'static str]) -> TableSchema {
    TableSchema {
        file,
        required,
        columns,
        optional: &[],
    }
}

pub(super) const STUDIES: TableSchema = table(
    "studies.csv",
    true,
    &[
        "study_id",
        "label",
        "year",
        "doi",
        "pmid",
        "registry",
        "design",
        "country",
        "population",
        "population_text",
        "n_randomised",
        "mean_age",
        "pct_female",
        "concomitant",
        "sponsor",
        "blinding",
        "source_id",
        "locator",
        "notes",
    ],
);

pub(super) const ARMS: TableSchema = table(
    "arms.csv",
    true,
    &[
        "study_id",
        "arm_id",
        "treatment",
        "arm_label",
        "dose",
        "dose_unit",
        "route",
        "infusion_minutes",
        "n_doses",
        "schedule",
        "n_randomised",
        "n_treated",
        "source_id",
        "locator",
        "notes",
    ],
);

pub(super) const OBSERVATIONS: TableSchema = TableSchema {
    file: "observations.csv",
    required: true,
    columns: &[
        "study_id",
        "arm_id",
        "outcome",
        "scale",
        "time_hours",
        "timing",
        "statistic",
        "n",
        "mean",
        "sd",
        "se",
        "ci_low",
        "ci_high",
        "events",
        "percent",
        "basis",
        "set",
        "period",
        "source_id",
        "locator",
        "notes",
    ],
    optional: &["median", "q1", "q3", "min", "max"],
};

pub(super) const CONTRASTS: TableSchema = table(
    "contrasts.csv",
    false,
    &[
        "study_id",
        "arm1",
        "arm2",
        "outcome",
        "scale",
        "time_hours",
        "timing",
        "measure",
        "estimate",
        "se",
        "ci_low",
        "ci_high",
        "level",
        "p_value",
        "n1",
        "n2",
        "adjusted",
        "paired",
        "set",
        "period",
        "source_id",
        "locator",
        "notes",
    ],
);

pub(super) const RISK_OF_BIAS: TableSchema = table(
    "risk_of_bias.csv",
    false,
    &["study_id", "tool", "domain", "judgement", "source_id", "locator"],
);

pub(super) const BLINDING: TableSchema = table(
    "blinding.csv",
    false,
    &[
        "study_id",
        "arm_id",
        "rater",
        "guessed_active",
        "guessed_control",
        "dont_know",
        "n",
        "percent_correct",
        "percent_incorrect",
        "source_id",
        "locator",
        "notes",
    ],
);

pub(super) const DURABILITY: TableSchema = table(
    "durability.csv",
    false,
    &[
        "study_id",
        "arm_id",
        "arm_text",
        "measure",
        "design",
        "follow_up",
        "time_days",
        "estimate",
        "ci_low",
        "ci_high",
        "events",
        "n",
        "percent",
        "source_id",
        "locator",
        "notes",
    ],
);

pub(super) const HARMS: TableSchema = table(
    "harms.csv",
    false,
    &[
        "study_id",
        "arm_id",
        "event",
        "time_hours",
        "timing",
        "events",
        "n",
        "percent",
        "basis",
        "source_id",
        "locator",
        "notes",
    ],
);

pub(super) const COSTS: TableSchema = table(
    "costs.csv",
    false,
    &[
        "comparison",
        "perspective",
        "horizon",
        "item",
        "value",
        "value_text",
        "unit",
        "source_id",
        "locator",
        "notes",
    ],
);

pub(super) const SOURCES: TableSchema = table(
    "sources.csv",
    true,
    &["source_id", "citation", "url", "licence", "taken"],
);

pub(super) const PUBLISHED: TableSchema = table(
    "published.csv",
    false,
    &[
        "review",
        "outcome",
        "outcome_text",
        "time_hours",
        "time_text",
        "measure",
        "k",
        "n",
        "estimate",
        "ci_low",
        "ci_high",
        "i2",
        "tau2",
        "model",
        "trials",
        "recompute",
        "source_id",
        "locator",
        "notes",
    ],
);

/// Every table a review folder may hold.
pub const TABLES: [TableSchema; 11] = [
    STUDIES,
    ARMS,
    OBSERVATIONS,
    CONTRASTS,
    RISK_OF_BIAS,
    BLINDING,
    DURABILITY,
    HARMS,
    COSTS,
    SOURCES,
    PUBLISHED,
];
