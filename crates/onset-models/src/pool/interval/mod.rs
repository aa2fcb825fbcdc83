//! Intervals of the between-study variance.

mod generalised;
mod profile;
mod q_profile;

use super::projection::Projection;
use super::study_weights::Weighting;
use super::tau2::{Likelihood, QWeights, Tau2Method};
use super::{Method, PoolError};
use serde::Serialize;

pub(crate) use q_profile::q_profile;

/// Which interval of tau2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Tau2IntervalKind {
    /// Q-profile (Viechtbauer 2007): Q(tau2) against chi-squared.
    QProfile,
    /// Generalised Q with the weights of the fit (Jackson 2013).
    GeneralisedQ,
    /// Profile likelihood, full or restricted with the estimator.
    ProfileLikelihood,
    /// Jackson 2013: generalised Q with weights 1/sqrt(v).
    Jackson,
    /// Biggerstaff & Jackson 2008: generalised Q with weights 1/v.
    BiggerstaffJackson,
}

impl Tau2IntervalKind {
    const TABLE: [(Tau2IntervalKind, &'static str); 5] = [
        (Tau2IntervalKind::QProfile, "QP"),
        (Tau2IntervalKind::GeneralisedQ, "GENQ"),
        (Tau2IntervalKind::ProfileLikelihood, "PL"),
        (Tau2IntervalKind::Jackson, "J"),
        (Tau2IntervalKind::BiggerstaffJackson, "BJ"),
    ];

    /// Every kind, in the order of the table.
    pub fn all() -> impl Iterator<Item = Tau2IntervalKind> {
        Self::TABLE.iter().map(|row| row.0)
    }

    /// The code: `QP`.
    pub fn code(self) -> &'static str {
        Self::TABLE
            .iter()
            .find(|row| row.0 == self)
            .map_or("QP", |row| row.1)
    }

    /// The interval with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::TABLE.iter().find(|row| row.1 == code).map(|row| row.0)
    }
}

impl Serialize for Tau2IntervalKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

/// An interval of tau2.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Tau2Interval {
    /// Which interval.
    #[serde(rename = "type")]
    pub kind: Tau2IntervalKind,
    /// Lower limit.
    pub lower: f64,
    /// Upper limit.
    pub upper: f64,
    /// No tau2 is compatible with the data at this level: the effects agree better than their
    /// variances allow. Both limits are then 0.
    #[serde(skip)]
    pub empty: bool,
}

/// The interval of this kind for any design.
pub(crate) fn tau2_interval(
    projection: &mut Projection,
    kind: Tau2IntervalKind,
    method: Method,
    weights: Weighting<'_>,
    estimate: f64,
    level: f64,
) -> Result<Tau2Interval, PoolError> {
    let Method::Random(estimator) = method else {
        return Err(PoolError::NoTau2);
    };
    let (lower, upper, empty) = match kind {
        Tau2IntervalKind::QProfile => q_profile(projection, level),
        Tau2IntervalKind::ProfileLikelihood => {
            let likelihood = match estimator {
                Tau2Method::Ml => Likelihood::Full,
                Tau2Method::Reml => Likelihood::Restricted,
                other => return Err(PoolError::NeedsLikelihood { method: other.code() }),
            };
            profile::profile(projection, likelihood, estimate, level)
        }
        Tau2IntervalKind::GeneralisedQ => generalised::generalised(projection, weights, level),
        Tau2IntervalKind::Jackson => {
            generalised::generalised(projection, QWeights::InverseStandardError.into(), level)
        }
        Tau2IntervalKind::BiggerstaffJackson => {
            generalised::generalised(projection, QWeights::InverseVariance.into(), level)
        }
    };
    if !(lower.is_finite() && upper.is_finite()) {
        return Err(PoolError::NotFinite {
            quantity: "the interval of tau2",
        });
    }
    Ok(Tau2Interval {
        kind,
        lower,
        upper,
        empty,
    })
}
