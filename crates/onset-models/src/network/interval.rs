//! Confidence intervals of a network's comparisons.

use super::error::NetworkError;
use super::gls::fit;
use super::heterogeneity::degrees;
use super::input::Network;
use super::pairs;
use onset_math::{normal, student_t};

/// Distribution and scale of confidence intervals.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NetworkTest {
    /// Normal distribution.
    #[default]
    Z,
    /// t with the degrees of freedom of Q.
    T,
    /// As t, standard errors times the root of Q/df at the random-effects weights.
    Knha,
    /// As knha, with a factor of at least 1.
    Adhoc,
}

impl NetworkTest {
    /// Every choice.
    pub const ALL: [NetworkTest; 4] = [
        NetworkTest::Z,
        NetworkTest::T,
        NetworkTest::Knha,
        NetworkTest::Adhoc,
    ];

    /// As on the command line.
    pub fn code(self) -> &'static str {
        match self {
            NetworkTest::Z => "z",
            NetworkTest::T => "t",
            NetworkTest::Knha => "knha",
            NetworkTest::Adhoc => "adhoc",
        }
    }

    /// From the command line.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|t| t.code().eq_ignore_ascii_case(code))
    }
}

/// Confidence intervals of all pairs, row minus column; `None` between separate parts.
#[derive(Debug, Clone, PartialEq)]
pub struct NetworkIntervals {
    /// Degrees of freedom of t; `None` for z.
    pub df: Option<usize>,
    /// Factor of the variances.
    pub scale: f64,
    /// Lower limits.
    pub lower: Vec<Vec<Option<f64>>>,
    /// Upper limits.
    pub upper: Vec<Vec<Option<f64>>>,
}

/// Intervals at `tau2`; `None` where the test needs degrees of freedom and there are none.
///
/// # Formula
/// d +- q sqrt(s v): z has s = 1; t has the quantile of t with df = contrasts against a baseline minus
/// treatments plus connected parts; knha also s = Q(tau2)/df, adhoc max(1, that). Of two treatments
/// they are the intervals of Hartung and Knapp.
/// # Errors
/// `BadLevel`, `NotFinite`.
/// # Source
/// Jackson & Riley 2014, Stat Med 33:541; Hartung & Knapp 2001; Roever, Knapp & Friede 2015 (floor).
pub fn intervals(
    network: &Network,
    tau2: f64,
    test: NetworkTest,
    level: f64,
) -> Result<Option<NetworkIntervals>, NetworkError> {
    if !(level > 0.0 && level < 1.0) {
        return Err(NetworkError::BadLevel { found: level });
    }
    let gls = fit(network, tau2)?;
    let df = degrees(network);
    if df == 0 && test != NetworkTest::Z {
        return Ok(None);
    }
    let tail = (1.0 - level) / 2.0;
    let (quantile, df_used) = match test {
        NetworkTest::Z => (normal::upper_quantile(tail), None),
        _ => (student_t::upper_quantile(tail, df as f64), Some(df)),
    };
    let scale = match test {
        NetworkTest::Z | NetworkTest::T => 1.0,
        NetworkTest::Knha => gls.q / df as f64,
        NetworkTest::Adhoc => (gls.q / df as f64).max(1.0),
    };
    let half = |i: usize, j: usize| quantile * (scale * gls.difference(i, j).1).max(0.0).sqrt();
    Ok(Some(NetworkIntervals {
        df: df_used,
        scale,
        lower: pairs(network, |i, j| gls.difference(i, j).0 - half(i, j)),
        upper: pairs(network, |i, j| gls.difference(i, j).0 + half(i, j)),
    }))
}
