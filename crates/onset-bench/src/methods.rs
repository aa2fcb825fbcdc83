//! Every method that can be chosen, family by family, as the enums of the library name them.

use onset::effects::{Measure, VarianceType};
use onset::models::counts::GlmmModel;
use onset::models::multilevel::{RobustType, Structure};
use onset::models::pool::{PredictionKind, Tau2IntervalKind, Tau2Method, Test};
use onset::models::smallstudy::AsymmetryKind;
use onset::models::smallstudy::selection::WeightFunction;
use onset::models::timecourse::{Form, IntervalKind};

/// Methods that answer the same question.
pub struct Family {
    /// Heading in docs/validation.md.
    pub name: &'static str,
    /// Codes, as on the command line.
    pub codes: Vec<&'static str>,
}

pub const MEASURES: &str = "Effect measures";
pub const RECOVERY: &str = "Numbers recovered from others";
pub const COMPAT: &str = "Defaults of other programs";
pub const VARIANCES: &str = "Variance variants";
pub const TAU2: &str = "Estimators of tau2";
pub const TESTS: &str = "Tests of the mean";
pub const TAU2_INTERVALS: &str = "Intervals of tau2";
pub const PREDICTIONS: &str = "Prediction intervals";
pub const STRATA: &str = "Pooling of counts";
pub const MIXED: &str = "Generalised linear mixed models";
pub const REGRESSIONS: &str = "Meta-regression, by estimator of tau2";
pub const GIVEN: &str = "Weights that are given, by estimator of tau2";
pub const CHOSEN: &str = "Chosen coefficients";
pub const MULTILEVEL: &str = "Multilevel and multivariate models";
pub const ROBUST: &str = "Cluster-robust inference";
pub const ASYMMETRY: &str = "Tests of small-study effects";
pub const ADJUSTMENTS: &str = "Adjustments for small-study effects";
pub const SELECTION: &str = "Selection models, by weight function";
pub const NETWORKS: &str = "Networks";
pub const COURSES: &str = "Time courses and onset";
pub const SURVIVAL: &str = "Survival";
pub const ANALYSES: &str = "Analyses around a pool";
pub const DIAGNOSTICS: &str = "Diagnostics";
pub const PERMUTATIONS: &str = "Permutation tests";
pub const BAYES: &str = "Bayesian random effects, by prior on tau";

/// Every family, in the order of docs/validation.md.
pub fn families() -> Vec<Family> {
    let family = |name, codes| Family { name, codes };
    let mut tau2: Vec<_> = vec!["FE"];
    tau2.extend(Tau2Method::all().map(Tau2Method::code));
    let mut mixed: Vec<_> = GlmmModel::all().map(GlmmModel::code).collect();
    mixed.extend(["PLO", "IRR CM.EL", "IRLN"]);
    vec![
        family(
            MEASURES,
            Measure::ALL.iter().map(|measure| measure.code()).collect(),
        ),
        family(
            VARIANCES,
            VarianceType::ALL.iter().map(|vtype| vtype.code()).collect(),
        ),
        family(
            RECOVERY,
            vec![
                "SE from an interval",
                "SE from p",
                "SD from SE",
                "d from t and F",
                "table from margins and OR",
                "median and range",
                "median and quartiles",
                "five numbers",
                "Hozo",
                "quantile estimation",
                "groups combined",
                "SD of change",
            ],
        ),
        family(COMPAT, vec!["metafor", "meta", "revman5"]),
        family(TAU2, tau2),
        family(TESTS, Test::all().map(Test::code).collect()),
        family(
            TAU2_INTERVALS,
            Tau2IntervalKind::all().map(Tau2IntervalKind::code).collect(),
        ),
        family(
            PREDICTIONS,
            PredictionKind::all().map(PredictionKind::code).collect(),
        ),
        family(
            STRATA,
            vec![
                "MH OR",
                "MH RR",
                "MH RD",
                "MH IRR",
                "MH IRD",
                "Peto OR",
                "subgroups",
                "BB",
                "FIRTH",
            ],
        ),
        family(MIXED, mixed),
        family(REGRESSIONS, vec!["REML", "ML", "DL", "EB", "PM"]),
        family(
            GIVEN,
            vec![
                "FE", "REML", "ML", "DL", "HE", "HS", "HSk", "SJ", "PM", "EB", "GENQ", "GENQM",
            ],
        ),
        family(CHOSEN, vec!["joint test", "contrast", "VIF", "GVIF"]),
        family(MULTILEVEL, {
            let mut codes = vec!["a/b", "a+b"];
            codes.extend(Structure::ALL.iter().map(|(_, code)| *code));
            codes.push("known");
            codes
        }),
        family(ROBUST, {
            let mut codes: Vec<_> = RobustType::ALL.iter().map(|(_, code)| *code).collect();
            codes.extend(["HTZ", "wild bootstrap"]);
            codes
        }),
        family(
            NETWORKS,
            vec![
                "REML",
                "DL",
                "ML",
                "netsplit",
                "design-by-treatment",
                "random walk",
                "shortest path",
                "SIDE",
                "meta-regression",
                "components",
                "classes",
                "MH",
                "knha",
                "funnel",
                "bayes",
            ],
        ),
        family(COURSES, {
            let mut codes: Vec<_> = Form::ALL.into_iter().map(Form::code).collect();
            let intervals = [
                IntervalKind::Inversion,
                IntervalKind::Delta,
                IntervalKind::Profile,
            ];
            codes.extend(intervals.map(IntervalKind::code));
            codes.push("NUTS");
            codes
        }),
        family(
            SURVIVAL,
            vec![
                "hazard ratio",
                "reconstruction",
                "RMST",
                "RMST, each horizon",
                "RMST, all horizons, common",
                "RMST, all horizons, UN",
            ],
        ),
        family(ANALYSES, vec!["leave-one-out", "cumulative"]),
        family(
            DIAGNOSTICS,
            vec![
                "influence",
                "BLUP",
                "residuals",
                "Baujat",
                "radial",
                "QQ",
                "profile",
                "GOSH",
                "L'Abbe",
                "outlier mixture",
            ],
        ),
        family(PERMUTATIONS, vec!["signs", "design", "multiplicity"]),
        family(ASYMMETRY, AsymmetryKind::all().map(AsymmetryKind::code).collect()),
        family(
            ADJUSTMENTS,
            vec![
                "trim_fill L0",
                "trim_fill R0",
                "trim_fill Q0",
                "PET",
                "PEESE",
                "limit",
                "henmi_copas",
                "worst_case",
                "fail_safe Rosenthal",
                "fail_safe Orwin",
                "fail_safe Rosenberg",
                "fail_safe General",
                "excess_significance",
                "Copas",
                "p-uniform*",
            ],
        ),
        family(SELECTION, WeightFunction::CODES.to_vec()),
        family(
            BAYES,
            vec![
                "halfnormal",
                "halfcauchy",
                "uniform",
                "jeffreys",
                "meta-regression",
            ],
        ),
    ]
}
