//! Effect sizes of the measures a review may ask for, and how they are shown.

use crate::answers::Interval;
use crate::convert::Group;
use crate::protocol::{EffectMeasure, Outcome};
use onset_data::evidence::Contrast;
use onset_effects::change::Paired;
use onset_effects::{Effect, Input, Inputs, Measure, Options, compute, crossover};
use onset_math::normal;

/// Code of a measure in the field.
pub(crate) fn code(measure: EffectMeasure) -> &'static str {
    library(measure).code()
}

fn library(measure: EffectMeasure) -> Measure {
    match measure {
        EffectMeasure::MD => Measure::MeanDifference,
        EffectMeasure::SMD => Measure::Smd,
        EffectMeasure::SMDH => Measure::SmdUnequal,
        EffectMeasure::ROM => Measure::RatioOfMeans,
        EffectMeasure::OR => Measure::OddsRatio,
        EffectMeasure::RR => Measure::RiskRatio,
        EffectMeasure::RD => Measure::RiskDifference,
        EffectMeasure::AS => Measure::ArcsineDifference,
    }
}

/// Whether a measure is pooled on the log scale and shown as a ratio.
pub(crate) fn is_ratio(measure: EffectMeasure) -> bool {
    matches!(
        measure,
        EffectMeasure::ROM | EffectMeasure::OR | EffectMeasure::RR
    )
}

/// The measure in words.
pub(crate) fn scale_name(measure: EffectMeasure) -> &'static str {
    match measure {
        EffectMeasure::MD => "mean difference",
        EffectMeasure::SMD | EffectMeasure::SMDH => "standardised mean difference",
        EffectMeasure::ROM => "ratio of means",
        EffectMeasure::OR => "odds ratio",
        EffectMeasure::RR => "risk ratio",
        EffectMeasure::RD => "risk difference",
        EffectMeasure::AS => "arcsine difference",
    }
}

/// "MADRS points" for mean differences, nothing for the others.
pub(crate) fn unit(measure: EffectMeasure, outcome: &Outcome) -> String {
    match (measure, outcome.scales.first()) {
        (EffectMeasure::MD, Some(scale)) => format!("{} points", scale.id),
        (EffectMeasure::MD, None) => "points".to_owned(),
        _ => String::new(),
    }
}

/// A value as shown: ratios on the ratio scale.
pub(crate) fn shown_value(measure: EffectMeasure, value: f64) -> f64 {
    if is_ratio(measure) { value.exp() } else { value }
}

/// An interval as shown.
pub(crate) fn shown(measure: EffectMeasure, interval: &Interval) -> Interval {
    Interval {
        value: shown_value(measure, interval.value),
        lower: shown_value(measure, interval.lower),
        upper: shown_value(measure, interval.upper),
    }
}

fn single(measure: Measure, cells: &[(Input, f64)]) -> Result<Effect, String> {
    let inputs = cells.iter().fold(Inputs::new(), |inputs, &(input, value)| {
        inputs.with(input, vec![Some(value)])
    });
    let rows = compute(measure, &inputs, &Options::default()).map_err(|e| e.to_string())?;
    match rows.into_iter().next().flatten() {
        Some(Ok(effect)) if effect.v > 0.0 => Ok(effect),
        Some(Ok(_)) => Err("has no spread: its sampling variance is 0".to_owned()),
        Some(Err(error)) => Err(error.to_string()),
        None => Err("lacks a number".to_owned()),
    }
}

/// Effect of two independent groups; the second is divided into `parts` where it is shared.
pub(crate) fn two_means(measure: EffectMeasure, a: &Group, b: &Group, parts: f64) -> Result<Effect, String> {
    single(
        library(measure),
        &[
            (Input::M1i, a.mean),
            (Input::Sd1i, a.sd),
            (Input::N1i, a.n as f64),
            (Input::M2i, b.mean),
            (Input::Sd2i, b.sd),
            (Input::N2i, b.n as f64 / parts),
        ],
    )
}

/// Effect of the two periods of a crossover with correlation `rho` between them (Elbourne et al. 2002).
pub(crate) fn paired_means(measure: EffectMeasure, a: &Group, b: &Group, rho: f64) -> Result<Effect, String> {
    let n = a.n.min(b.n) as f64;
    let paired = Paired::new([a.mean, b.mean], [a.sd, b.sd], rho, n).map_err(|e| e.to_string())?;
    match measure {
        EffectMeasure::MD => crossover::mean_difference(paired),
        EffectMeasure::SMD => crossover::smd(paired),
        _ => {
            return Err(format!(
                "is a crossover over both periods, for which {} is not offered",
                code(measure)
            ));
        }
    }
    .map_err(|e| e.to_string())
}

/// Effect of two groups with events, 0.5 added to all four cells where one is empty.
pub(crate) fn two_by_two(
    measure: EffectMeasure,
    (a, n1): (u64, u64),
    (c, n2): (u64, u64),
    parts: f64,
) -> Result<Effect, String> {
    if a > n1 || c > n2 {
        return Err("has more events than people".to_owned());
    }
    single(
        library(measure),
        &[
            (Input::Ai, a as f64),
            (Input::Bi, (n1 - a) as f64),
            (Input::Ci, c as f64 / parts),
            (Input::Di, (n2 - c) as f64 / parts),
        ],
    )
}

/// Log odds ratio of the two periods of a crossover with correlation `rho` between responses (Becker &
/// Balagtas 1993); a correlation that the margins cannot have is refused.
pub(crate) fn paired_events(
    measure: EffectMeasure,
    a: u64,
    c: u64,
    n: u64,
    rho: f64,
) -> Result<Effect, String> {
    if measure != EffectMeasure::OR {
        return Err(format!(
            "is a crossover over both periods, for which {} is not offered",
            code(measure)
        ));
    }
    crossover::log_odds_ratio(a as f64, c as f64, n as f64, rho).map_err(|error| match error.allowed() {
        Some(allowed) => {
            format!(
                "has events that a correlation of {rho} between periods cannot give (possible: {allowed})"
            )
        }
        None => error.to_string(),
    })
}

/// A printed contrast on the analysis scale with its SE, and whether the SE came from the interval.
pub(crate) fn contrast(
    measure: EffectMeasure,
    estimate: f64,
    row: &Contrast,
) -> Result<(f64, f64, bool), String> {
    let log = |x: f64| {
        if !is_ratio(measure) {
            Ok(x)
        } else if x > 0.0 {
            Ok(x.ln())
        } else {
            Err("prints a ratio that is not above 0".to_owned())
        }
    };
    let y = log(estimate)?;
    if let Some(se) = row.se {
        return if se > 0.0 {
            Ok((y, se, false))
        } else {
            Err("prints a standard error of 0".to_owned())
        };
    }
    match (row.ci_low, row.ci_high) {
        (Some(low), Some(high)) => {
            let z = normal::quantile(0.5 + row.level / 2.0);
            let se = (log(high)? - log(low)?) / (2.0 * z);
            if se > 0.0 {
                Ok((y, se, true))
            } else {
                Err("prints an interval without width".to_owned())
            }
        }
        _ => Err("prints a contrast without a standard error or an interval".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paired_mean_difference_by_hand() {
        // Berman 2000: -14 (SD 10) v 0 (SD 12), n 7, rho 0.5: v = (100 + 144 - 120) / 7.
        let ketamine = Group {
            n: 7,
            mean: -14.0,
            sd: 10.0,
        };
        let saline = Group {
            n: 7,
            mean: 0.0,
            sd: 12.0,
        };
        let effect = paired_means(EffectMeasure::MD, &ketamine, &saline, 0.5).unwrap();
        assert_eq!(effect.y, -14.0);
        assert!((effect.v - 124.0 / 7.0).abs() < 1e-12);
    }

    #[test]
    fn paired_log_odds_ratio_by_hand() {
        // Lapidus 2014 response: 8/18 v 1/18. Independent: 1/8 + 1/10 + 1 + 1/17.
        let effect = paired_events(EffectMeasure::OR, 8, 1, 18, 0.2).unwrap();
        let independent = 1.0 / 8.0 + 1.0 / 10.0 + 1.0 + 1.0 / 17.0;
        let covariance = 0.2 * 18.0 / (8f64 * 10.0 * 1.0 * 17.0).sqrt();
        assert!((effect.y - (8.0 * 17.0 / 10.0f64).ln()).abs() < 1e-12);
        assert!((effect.v - (independent - 2.0 * covariance)).abs() < 1e-12);
        // one responder on saline, eight on ketamine: phi is at most 0.27
        assert!(paired_events(EffectMeasure::OR, 8, 1, 18, 0.5).is_err());
    }
}
