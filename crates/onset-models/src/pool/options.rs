//! What can be asked of a pooled analysis.

use super::interval::Tau2IntervalKind;
use super::prediction::PredictionKind;
use super::study_weights::Weighting;
use super::tau2::{QWeights, Tau2Method};
use serde::Serialize;

/// One true effect, or a distribution of true effects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Method {
    /// Common effect: weights 1/v.
    Common,
    /// Random effects: weights 1/(v + tau2), tau2 by this estimator.
    Random(Tau2Method),
}

impl Method {
    /// The code the field uses; the common effect is `FE`.
    pub fn code(self) -> &'static str {
        match self {
            Method::Common => "FE",
            Method::Random(tau2) => tau2.code(),
        }
    }

    /// The method with this code; `FE`, `EE` and `CE` are all the common effect.
    pub fn from_code(code: &str) -> Option<Self> {
        match code {
            "FE" | "EE" | "CE" => Some(Method::Common),
            _ => Tau2Method::from_code(code).map(Method::Random),
        }
    }

    /// Every code that [`Method::from_code`] knows.
    pub fn codes() -> Vec<&'static str> {
        let mut codes: Vec<_> = Tau2Method::all().map(Tau2Method::code).collect();
        codes.extend(["FE", "EE", "CE"]);
        codes
    }
}

impl Default for Method {
    /// Random effects by REML.
    fn default() -> Self {
        Method::Random(Tau2Method::Reml)
    }
}

impl Serialize for Method {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

/// How the mean is tested and its interval made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Test {
    /// Wald, normal quantiles.
    Z,
    /// Wald standard error, t quantiles with k - p df.
    T,
    /// Hartung-Knapp: standard error scaled by q = Q(tau2)/(k - p), t with k - p df.
    Knha,
    /// Hartung-Knapp with q floored at 1.
    Adhoc,
    /// Kenward-Roger: inflated standard error, approximate df.
    Kr,
}

impl Test {
    const TABLE: [(Test, &'static str); 5] = [
        (Test::Z, "z"),
        (Test::T, "t"),
        (Test::Knha, "knha"),
        (Test::Adhoc, "adhoc"),
        (Test::Kr, "kr"),
    ];

    /// Every test, in the order of the table.
    pub fn all() -> impl Iterator<Item = Test> {
        Self::TABLE.iter().map(|row| row.0)
    }

    /// The code: `knha`.
    pub fn code(self) -> &'static str {
        Self::TABLE
            .iter()
            .find(|row| row.0 == self)
            .map_or("z", |row| row.1)
    }

    /// The test with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::TABLE.iter().find(|row| row.1 == code).map(|row| row.0)
    }
}

/// Whether a prediction interval is made, and which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PredictionChoice {
    /// From k = 5 and tau2 > 0, of the kind that goes with the test.
    #[default]
    Guarded,
    /// This kind, from k = 3.
    Kind(PredictionKind),
    /// None.
    Omit,
}

/// Options of a pooled analysis.
///
/// | name | default | meaning |
/// |---|---|---|
/// | `method` | REML | common effect, or the estimator of tau2 |
/// | `test` | `None` | `Some`: as given. `None`: the guards of [`guarded_test`](super::guarded_test) |
/// | `level` | 0.95 | confidence level, in (0, 1) |
/// | `tau2_interval` | Q-profile | interval of tau2; `None` for none |
/// | `prediction` | guarded | prediction interval |
/// | `weights` | 1/v | weights of the generalised Q statistic (GENQ, GENQM and its interval) |
/// | `seed` | 1 | seed of the bootstrap behind the NNF prediction interval |
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Common effect, or the estimator of tau2.
    pub method: Method,
    /// Test of the mean; `None` applies the guards.
    pub test: Option<Test>,
    /// Confidence level in (0, 1).
    pub level: f64,
    /// Interval of tau2.
    pub tau2_interval: Option<Tau2IntervalKind>,
    /// Prediction interval.
    pub prediction: PredictionChoice,
    /// Weights of the generalised Q statistic.
    pub weights: QWeights,
    /// Seed of the NNF bootstrap.
    pub seed: u64,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            method: Method::default(),
            test: None,
            level: 0.95,
            tau2_interval: Some(Tau2IntervalKind::QProfile),
            prediction: PredictionChoice::Guarded,
            weights: QWeights::InverseVariance,
            seed: 1,
        }
    }
}

impl Options {
    /// The default options with the common-effect model.
    pub fn common() -> Self {
        Options {
            method: Method::Common,
            ..Options::default()
        }
    }

    /// The default options with this estimator of tau2.
    pub fn random(tau2: Tau2Method) -> Self {
        Options {
            method: Method::Random(tau2),
            ..Options::default()
        }
    }

    /// The weights of the coefficients where they are not 1/(v + tau2): those given, else those of the
    /// generalised Q statistic under GENQ and GENQM.
    pub(crate) fn fixed_weights<'w>(&self, given: Option<Weighting<'w>>) -> Option<Weighting<'w>> {
        let of_q = matches!(self.method, Method::Random(method) if method.fixed_weights());
        given.or_else(|| of_q.then_some(self.weights.into()))
    }

    /// The weights of the generalised Q statistic: those given, else those of the rule.
    pub(crate) fn q_weights<'w>(&self, given: Option<Weighting<'w>>) -> Weighting<'w> {
        given.unwrap_or_else(|| self.weights.into())
    }

    /// These options with this test, obeyed as given.
    #[must_use]
    pub fn with_test(mut self, test: Test) -> Self {
        self.test = Some(test);
        self
    }
}
