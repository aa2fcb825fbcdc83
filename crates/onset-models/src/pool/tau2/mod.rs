//! Estimators of the between-study variance tau2.
//!
//! One table of codes, names and sources; the estimators share one projection
//! and so serve the single mean and the meta-regression alike.

mod likelihood;
mod median;
mod moments;
mod paule_mandel;

use super::projection::{Intercept, Projection};
use super::study_weights::Weighting;
use super::{PoolError, Solution};
use onset_effects::Effects;
use serde::Serialize;

pub(crate) use likelihood::{Likelihood, height, maximise};
pub(crate) use median::{generalised_q_probability, t_at_probability};
pub(crate) use paule_mandel::q_root;

/// Weights a of a generalised Q statistic.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
#[non_exhaustive]
pub enum QWeights {
    /// 1/v, Cochran's Q.
    #[default]
    InverseVariance,
    /// 1/sqrt(v), recommended by Jackson (2013) for the interval of tau2.
    InverseStandardError,
}

impl QWeights {
    /// The weight of a study with sampling variance v.
    pub fn weight(self, v: f64) -> f64 {
        match self {
            QWeights::InverseVariance => 1.0 / v,
            QWeights::InverseStandardError => 1.0 / v.sqrt(),
        }
    }
}

/// How the between-study variance is estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Tau2Method {
    /// DerSimonian-Laird.
    Dl,
    /// Hedges (variance component, Cochran's ANOVA).
    He,
    /// Hunter-Schmidt.
    Hs,
    /// Hunter-Schmidt with the small-sample correction.
    Hsk,
    /// Sidik-Jonkman.
    Sj,
    /// Maximum likelihood.
    Ml,
    /// Restricted maximum likelihood.
    Reml,
    /// Empirical Bayes.
    Eb,
    /// Paule-Mandel.
    Pm,
    /// Paule-Mandel, median-unbiased.
    Pmm,
    /// Iterated DerSimonian-Laird.
    Dlit,
    /// Iterated Sidik-Jonkman.
    Sjit,
    /// Generalised Q statistic.
    Genq,
    /// Generalised Q statistic, median-unbiased.
    Genqm,
}

/// One row of the table of estimators: variant, code, name, source.
type Row = (Tau2Method, &'static str, &'static str, &'static str);

const TABLE: [Row; 14] = [
    (
        Tau2Method::Reml,
        "REML",
        "Restricted maximum likelihood",
        "Raudenbush 2009; Viechtbauer 2005",
    ),
    (
        Tau2Method::Dl,
        "DL",
        "DerSimonian-Laird",
        "DerSimonian & Laird 1986",
    ),
    (Tau2Method::He, "HE", "Hedges", "Hedges & Olkin 1985"),
    (Tau2Method::Hs, "HS", "Hunter-Schmidt", "Schmidt & Hunter 2015"),
    (
        Tau2Method::Hsk,
        "HSk",
        "Hunter-Schmidt, small-sample",
        "Brannick et al. 2019",
    ),
    (Tau2Method::Sj, "SJ", "Sidik-Jonkman", "Sidik & Jonkman 2005"),
    (
        Tau2Method::Ml,
        "ML",
        "Maximum likelihood",
        "Hardy & Thompson 1996",
    ),
    (Tau2Method::Eb, "EB", "Empirical Bayes", "Morris 1983"),
    (Tau2Method::Pm, "PM", "Paule-Mandel", "Paule & Mandel 1982"),
    (
        Tau2Method::Pmm,
        "PMM",
        "Paule-Mandel, median-unbiased",
        "Viechtbauer 2021",
    ),
    (
        Tau2Method::Dlit,
        "DLIT",
        "DerSimonian-Laird, iterated",
        "DerSimonian & Kacker 2007",
    ),
    (
        Tau2Method::Sjit,
        "SJIT",
        "Sidik-Jonkman, iterated",
        "Sidik & Jonkman 2005",
    ),
    (
        Tau2Method::Genq,
        "GENQ",
        "Generalised Q",
        "DerSimonian & Kacker 2007; Jackson et al. 2014",
    ),
    (
        Tau2Method::Genqm,
        "GENQM",
        "Generalised Q, median-unbiased",
        "Viechtbauer 2021",
    ),
];

impl Tau2Method {
    /// Every estimator, in the order of the table.
    pub fn all() -> impl Iterator<Item = Tau2Method> {
        TABLE.iter().map(|row| row.0)
    }

    fn row(self) -> &'static Row {
        TABLE.iter().find(|row| row.0 == self).unwrap_or(&TABLE[0])
    }

    /// The code the field uses: `REML`.
    pub fn code(self) -> &'static str {
        self.row().1
    }

    /// The name in words.
    pub fn name(self) -> &'static str {
        self.row().2
    }

    /// Where the estimator comes from.
    pub fn source(self) -> &'static str {
        self.row().3
    }

    /// The estimator with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        TABLE.iter().find(|row| row.1 == code).map(|row| row.0)
    }

    /// Whether coefficients keep the weights of the generalised Q statistic instead of 1/(v + tau2).
    pub fn fixed_weights(self) -> bool {
        matches!(self, Tau2Method::Genq | Tau2Method::Genqm)
    }
}

impl Serialize for Tau2Method {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

/// An estimate of the between-study variance.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Tau2 {
    /// tau2 in squared units of y, 0 or above.
    pub value: f64,
    /// Its standard error.
    pub standard_error: Option<f64>,
    /// The moment estimate before truncation at 0, when that was negative.
    pub raw: Option<f64>,
    /// How the search ended.
    pub solution: Solution,
}

/// Estimates tau2 around one common mean.
///
/// # Inputs
/// `effects`: k >= 2; y on the analysis scale, v its sampling variance.
/// # Returns
/// tau2 in squared units of y with its standard error.
/// # Errors
/// `TooFewStudies`; `NotFinite` when sums overflow.
///
/// ```
/// use onset_effects::Effects;
/// use onset_models::pool::tau2::{Tau2Method, estimate};
/// let labels = vec!["a".into(), "b".into(), "c".into()];
/// let effects = Effects::new(vec![0.0, 0.5, 1.0], vec![0.1, 0.1, 0.1], labels).unwrap();
/// let tau2 = estimate(&effects, Tau2Method::Reml).unwrap();
/// assert!((tau2.value - 0.15).abs() < 1e-12);
/// ```
pub fn estimate(effects: &Effects, method: Tau2Method) -> Result<Tau2, PoolError> {
    if effects.k() < 2 {
        return Err(PoolError::TooFewStudies {
            found: effects.k(),
            needed: 2,
        });
    }
    let mut projection = Projection::Intercept(Intercept::new(effects.y(), effects.v(), None));
    solve(&mut projection, method, QWeights::default())
}

/// Estimates tau2 for any design.
pub(crate) fn solve<'w>(
    projection: &mut Projection,
    method: Tau2Method,
    weights: impl Into<Weighting<'w>>,
) -> Result<Tau2, PoolError> {
    let weights = weights.into();
    if projection.k() <= projection.p() {
        return Err(PoolError::TooFewStudies {
            found: projection.k(),
            needed: projection.p() + 1,
        });
    }
    let tau2 = match method {
        Tau2Method::Dl => moments::dersimonian_laird(projection),
        Tau2Method::He => moments::hedges(projection),
        Tau2Method::Hs => moments::hunter_schmidt(projection, 1.0),
        Tau2Method::Hsk => {
            let correction = projection.k() as f64 / projection.df();
            moments::hunter_schmidt(projection, correction)
        }
        Tau2Method::Sj => moments::sidik_jonkman(projection),
        Tau2Method::Genq => moments::generalised_q(projection, weights),
        Tau2Method::Ml => likelihood::estimate(projection, Likelihood::Full),
        Tau2Method::Reml => likelihood::estimate(projection, Likelihood::Restricted),
        Tau2Method::Eb | Tau2Method::Pm | Tau2Method::Dlit | Tau2Method::Sjit => {
            paule_mandel::paule_mandel(projection)
        }
        Tau2Method::Pmm => paule_mandel::median_unbiased(projection),
        Tau2Method::Genqm => median::generalised_q_median(projection, weights),
    };
    let finite = tau2.value.is_finite() && tau2.standard_error.is_none_or(f64::is_finite);
    if finite {
        Ok(tau2)
    } else {
        Err(PoolError::NotFinite { quantity: "tau2" })
    }
}

/// A moment estimate truncated at 0.
fn truncated(raw: f64, standard_error: impl FnOnce(f64) -> f64) -> Tau2 {
    let value = if raw > 0.0 || raw.is_nan() { raw } else { 0.0 };
    Tau2 {
        value,
        standard_error: Some(standard_error(value)),
        raw: (raw < 0.0).then_some(raw),
        solution: Solution::ClosedForm,
    }
}
