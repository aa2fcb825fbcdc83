//! Prediction intervals for the true effect of a new study.

use super::result::half_quantile;
use serde::Serialize;

/// Which prediction interval: mean +- quantile x sqrt(se^2 + tau2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum PredictionKind {
    /// Higgins, Thompson & Spiegelhalter 2009: Wald standard error, t with k - 2 df.
    Hts,
    /// Veroniki et al. 2019: Wald standard error, t with k - 1 df.
    V,
    /// Hartung-Knapp standard error, t with k - 1 df.
    Hk,
    /// Partlett & Riley 2017: Hartung-Knapp standard error, t with k - 2 df.
    HkPr,
    /// Kenward-Roger standard error and df.
    Kr,
    /// Partlett & Riley 2017: Kenward-Roger standard error, its df - 1.
    KrPr,
    /// Nagashima, Noma & Furukawa 2019: parametric bootstrap.
    Nnf,
    /// Skipka 2006: Wald standard error, normal quantiles.
    S,
}

impl PredictionKind {
    const TABLE: [(PredictionKind, &'static str); 8] = [
        (PredictionKind::Hts, "HTS"),
        (PredictionKind::V, "V"),
        (PredictionKind::Hk, "HK"),
        (PredictionKind::HkPr, "HK-PR"),
        (PredictionKind::Kr, "KR"),
        (PredictionKind::KrPr, "KR-PR"),
        (PredictionKind::Nnf, "NNF"),
        (PredictionKind::S, "S"),
    ];

    /// Every kind, in the order of the table.
    pub fn all() -> impl Iterator<Item = PredictionKind> {
        Self::TABLE.iter().map(|row| row.0)
    }

    /// The code: `HK-PR`.
    pub fn code(self) -> &'static str {
        Self::TABLE
            .iter()
            .find(|row| row.0 == self)
            .map_or("HTS", |row| row.1)
    }

    /// The interval with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::TABLE.iter().find(|row| row.1 == code).map(|row| row.0)
    }
}

impl Serialize for PredictionKind {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}

/// A prediction interval on the analysis scale.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Prediction {
    /// Which interval.
    #[serde(rename = "type")]
    pub kind: PredictionKind,
    /// Lower limit.
    pub lower: f64,
    /// Upper limit.
    pub upper: f64,
    /// Degrees of freedom; `None` for normal quantiles and the bootstrap.
    #[serde(skip)]
    pub df: Option<f64>,
}

impl Prediction {
    /// The interval from a mean and its Wald standard error alone; `None` for the kinds that need more (HK, KR and the
    /// bootstrap), and below three studies.
    pub fn wald(
        kind: PredictionKind,
        estimate: f64,
        standard_error: f64,
        tau2: f64,
        k: usize,
        level: f64,
    ) -> Option<Self> {
        if k < 3 || !matches!(kind, PredictionKind::Hts | PredictionKind::V | PredictionKind::S) {
            return None;
        }
        let spread = Spread {
            estimate,
            tau2,
            wald: standard_error,
            hartung_knapp: standard_error,
            kenward_roger: (standard_error, 0.0),
            df: k as f64 - 1.0,
        };
        spread.interval(kind, level)
    }
}

/// The standard errors a prediction interval may need.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Spread {
    pub estimate: f64,
    pub tau2: f64,
    pub wald: f64,
    pub hartung_knapp: f64,
    /// Kenward-Roger standard error and df.
    pub kenward_roger: (f64, f64),
    /// k - 1.
    pub df: f64,
}

impl Spread {
    /// Every kind but the bootstrap; `None` where the df do not exist.
    pub fn interval(&self, kind: PredictionKind, level: f64) -> Option<Prediction> {
        let (se, df) = match kind {
            PredictionKind::Hts => (self.wald, Some(self.df - 1.0)),
            PredictionKind::V => (self.wald, Some(self.df)),
            PredictionKind::Hk => (self.hartung_knapp, Some(self.df)),
            PredictionKind::HkPr => (self.hartung_knapp, Some(self.df - 1.0)),
            PredictionKind::Kr => (self.kenward_roger.0, Some(self.kenward_roger.1)),
            PredictionKind::KrPr => (self.kenward_roger.0, Some(self.kenward_roger.1 - 1.0)),
            PredictionKind::S => (self.wald, None),
            PredictionKind::Nnf => return None,
        };
        if df.is_some_and(|df| df.is_nan() || df <= 0.0) {
            return None;
        }
        Some(self.around(kind, se, df, half_quantile(level, df)))
    }

    /// The interval of this kind with the quantile at hand.
    pub fn around(&self, kind: PredictionKind, se: f64, df: Option<f64>, quantile: f64) -> Prediction {
        let half = quantile * (se * se + self.tau2).sqrt();
        Prediction {
            kind,
            lower: self.estimate - half,
            upper: self.estimate + half,
            df,
        }
    }
}
