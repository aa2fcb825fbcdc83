//! How much selection it takes: worst case and S-value.

use super::SmallStudyError;
use super::selection::Side;
use crate::pool::{Estimate, Options, PredictionChoice, Test, pool};
use onset_effects::Effects;
use onset_math::normal;

/// Mean when affirmative studies are `eta` times as likely to be published.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Corrected {
    /// Selection ratio.
    pub eta: f64,
    /// With weights 1/v.
    pub common: f64,
    /// With weights 1/(v + tau2), tau2 of all studies.
    pub random: f64,
}

/// Results under the strongest selection.
#[derive(Debug, Clone, PartialEq)]
pub struct WorstCase {
    /// Mean of the nonaffirmative studies alone (eta without bound); `None` without any.
    pub mean: Option<Estimate>,
    /// Its between-study variance.
    pub tau2: Option<f64>,
    /// Studies without a significant result in the favoured direction.
    pub k_nonaffirmative: usize,
    /// The others.
    pub k_affirmative: usize,
    /// Selection ratio that takes the common-effect mean to `q`; `None` when no amount of selection does.
    pub s_value: Option<f64>,
    /// Corrected means.
    pub corrected: Vec<Corrected>,
}

/// Selection ratios shown.
pub const ETAS: [f64; 4] = [2.0, 5.0, 10.0, 50.0];

/// Worst case, S-value and corrected means.
///
/// # Formula
/// A study is affirmative when its two-sided p is below `alpha` and its effect has the favoured sign.
/// mean(eta) = (sum_A wy + eta sum_N wy)/(sum_A w + eta sum_N w); worst case: nonaffirmative studies only;
/// S = -sum_A w(y - q)/sum_N w(y - q) where that is above 0.
/// # Inputs
/// `side`: favoured direction; two-sided selection favours both. `q`: the value to be reached, 0 by custom.
/// # Errors
/// `TooFewStudies` for k = 0; what the pool refuses.
/// # Source
/// Mathur & VanderWeele 2020, J R Stat Soc C 69:1091.
pub fn worst_case(
    effects: &Effects,
    side: Side,
    alpha: f64,
    q: f64,
    options: &Options,
) -> Result<WorstCase, SmallStudyError> {
    super::error::at_least(effects.k(), 1)?;
    let bare = Options {
        tau2_interval: None,
        prediction: PredictionChoice::Omit,
        test: Some(options.test.unwrap_or(Test::Z)),
        ..*options
    };
    let tau2 = pool(effects, &bare)?.value.tau2.value;
    let z = normal::upper_quantile(0.5 * alpha);
    let affirmative = |y: f64, v: f64| {
        let statistic = y / v.sqrt();
        match side {
            Side::Greater => statistic > z,
            Side::Less => statistic < -z,
            Side::Two => statistic.abs() > z,
        }
    };
    let (mut y, mut v, mut labels) = (Vec::new(), Vec::new(), Vec::new());
    let mut sums = [[Sums::default(); 2]; 2];
    let rows = effects.y().iter().zip(effects.v()).zip(effects.labels());
    for ((&yi, &vi), label) in rows {
        let nonaffirmative = !affirmative(yi, vi);
        for (model, tau2) in [0.0, tau2].into_iter().enumerate() {
            sums[model][usize::from(nonaffirmative)].add(yi, vi + tau2);
        }
        if nonaffirmative {
            y.push(yi);
            v.push(vi);
            labels.push(label.clone());
        }
    }
    let k = y.len();
    let worst = match Effects::new(y, v, labels) {
        Ok(rest) if k > 0 => Some(pool(&rest, &bare)?.value),
        _ => None,
    };
    let mean_at = |[a, n]: [Sums; 2], eta: f64| (a.wy + eta * n.wy) / (a.w + eta * n.w);
    let [a, n] = sums[0];
    let ratio = -(a.wy - q * a.w) / (n.wy - q * n.w);
    Ok(WorstCase {
        mean: worst.as_ref().map(|pooled| pooled.mean),
        tau2: worst.as_ref().map(|pooled| pooled.tau2.value),
        k_nonaffirmative: k,
        k_affirmative: effects.k() - k,
        s_value: (ratio.is_finite() && ratio > 0.0).then_some(ratio),
        corrected: ETAS
            .into_iter()
            .map(|eta| Corrected {
                eta,
                common: mean_at(sums[0], eta),
                random: mean_at(sums[1], eta),
            })
            .collect(),
    })
}

#[derive(Debug, Clone, Copy, Default)]
struct Sums {
    w: f64,
    wy: f64,
}

impl Sums {
    fn add(&mut self, y: f64, variance: f64) {
        self.w += 1.0 / variance;
        self.wy += y / variance;
    }
}
