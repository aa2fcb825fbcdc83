//! Estimate, interval, standard error and p value tell one story.

use super::{Check, Printed, PrintedP, Verdict, shown};
use onset_math::normal;

/// Share of the width by which exact, profile and t intervals may be lopsided.
const LOPSIDED: f64 = 0.05;
/// A standard error may be this much smaller than a normal interval says: t quantiles from 5 degrees of freedom.
const SE_LEAST: f64 = 0.75;
/// And this much larger: rounding of quantiles.
const SE_MOST: f64 = 1.05;
/// A test statistic may be smaller than the normal interval's by this (score and continuity-corrected tests).
const Z_LEAST: f64 = 0.8;
/// And larger by this: t intervals of small trials.
const Z_MOST: f64 = 1.25;

/// Where an interval is symmetric.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// As printed: differences.
    Natural,
    /// On the logarithm: ratios.
    Log,
}

impl Scale {
    fn of(self, (low, high): (f64, f64)) -> Option<(f64, f64)> {
        match self {
            Scale::Natural => Some((low, high)),
            Scale::Log if high > 0.0 => Some((low.max(f64::MIN_POSITIVE).ln(), high.ln())),
            Scale::Log => None,
        }
    }

    fn back(self, x: f64) -> f64 {
        match self {
            Scale::Natural => x,
            Scale::Log => x.exp(),
        }
    }
}

/// Estimate and limits on the scale of the model, each as a rounding interval.
fn parts(e: Printed, low: Printed, high: Printed, scale: Scale) -> Option<[(f64, f64); 3]> {
    Some([
        scale.of(e.range())?,
        scale.of(low.range())?,
        scale.of(high.range())?,
    ])
}

/// The estimate lies in the middle of its interval.
pub fn interval(estimate: Printed, low: Printed, high: Printed, scale: Scale) -> Verdict {
    let found = format!("{estimate} ({low} to {high})");
    let Some([e, l, h]) = parts(estimate, low, high, scale) else {
        return Verdict::silent(Check::Interval, found, "a ratio is above 0");
    };
    let ordered = l.0 <= h.1 && e.1 >= l.0 && e.0 <= h.1;
    let slack = LOPSIDED * (h.1 - l.0).max(0.0);
    let (least, most) = (0.5 * (l.0 + h.0) - slack, 0.5 * (l.1 + h.1) + slack);
    let agrees = ordered && e.1 >= least && e.0 <= most;
    let allowed = format!(
        "an estimate from {} to {}",
        shown(scale.back(least)),
        shown(scale.back(most))
    );
    Verdict::new(Check::Interval, agrees, found, allowed)
}

/// The standard error (on the log for ratios) and the width of the interval.
pub fn standard_error(se: Printed, low: Printed, high: Printed, level: f64, scale: Scale) -> Verdict {
    let found = format!("SE {se}, interval {low} to {high}");
    let Some([_, l, h]) = parts(high, low, high, scale).filter(|_| level > 0.0 && level < 1.0) else {
        return Verdict::silent(Check::StandardError, found, "needs limits above 0 and a level");
    };
    let z = 2.0 * normal::quantile(0.5 + 0.5 * level);
    let (least, most) = (SE_LEAST * (h.0 - l.1) / z, SE_MOST * (h.1 - l.0) / z);
    let agrees = se.range().1 >= least && se.range().0 <= most;
    let allowed = format!(
        "a standard error from {} to {}",
        shown(least.max(0.0)),
        shown(most.max(0.0))
    );
    Verdict::new(Check::StandardError, agrees, found, allowed)
}

/// The p value of a two-sided test and the interval.
pub fn p_value(
    p: PrintedP,
    estimate: Printed,
    low: Printed,
    high: Printed,
    level: f64,
    scale: Scale,
) -> Verdict {
    let printed = if p.low > 0.0 {
        format!("p {}", shown(0.5 * (p.low + p.high)))
    } else {
        format!("p below {}", shown(p.high))
    };
    let found = format!("{printed}, {estimate} ({low} to {high})");
    let Some([e, l, h]) = parts(estimate, low, high, scale).filter(|_| level > 0.0 && level < 1.0) else {
        return Verdict::silent(Check::PValue, found, "needs limits above 0 and a level");
    };
    let width = ((h.0 - l.1).max(0.0), h.1 - l.0);
    if width.1 <= 0.0 {
        return Verdict::silent(Check::PValue, found, "the interval has no width");
    }
    let quantile = 2.0 * normal::quantile(0.5 + 0.5 * level);
    let size = if e.0 <= 0.0 && e.1 >= 0.0 {
        (0.0, e.1.max(-e.0))
    } else {
        (e.0.abs().min(e.1.abs()), e.0.abs().max(e.1.abs()))
    };
    let least = Z_LEAST * quantile * size.0 / width.1;
    let most = if width.0 > 0.0 {
        Z_MOST * quantile * size.1 / width.0
    } else {
        f64::MAX
    };
    let (smallest, largest) = (normal::two_sided_p(most), normal::two_sided_p(least));
    let agrees = p.high >= smallest && p.low <= largest;
    let allowed = format!("p from {} to {}", shown(smallest), shown(largest));
    Verdict::new(Check::PValue, agrees, found, allowed)
}
