//! When an effect begins and ends, by each declared definition, with its interval.

use super::band::simultaneous_critical;
use super::curve::{Curve, critical, upper_tail};
use super::form::MAX_COLUMNS;
use onset_math::root::brent;

/// How far from the visits a crossing is looked for, as a factor.
pub(super) const FAR: f64 = 1e4;
/// Steps of a scan, evenly on the log of time.
const SCAN: u32 = 600;

/// The direction of benefit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Benefit {
    /// Lower values are better.
    Lower,
    /// Higher values are better.
    Higher,
}

impl Benefit {
    /// -1 where lower is better.
    pub fn sign(self) -> f64 {
        match self {
            Benefit::Lower => -1.0,
            Benefit::Higher => 1.0,
        }
    }
}

/// The direction of the curve that is farthest from zero in standard errors: what the data show, for when the
/// direction was not declared.
pub fn benefit_of(curves: &[Curve]) -> Benefit {
    let mut best = (0.0, Benefit::Lower);
    for curve in curves {
        let point = curve.at(curve.range.1);
        let z = if point.se > 0.0 {
            point.value / point.se
        } else {
            0.0
        };
        if z.abs() > best.0 {
            best = (z.abs(), if z < 0.0 { Benefit::Lower } else { Benefit::Higher });
        }
    }
    best.1
}

/// What counts as the beginning.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Definition {
    /// Half of the peak: free of scale, says nothing about size.
    HalfPeak,
    /// First time at which the difference is at least the important one.
    ImportantDifference,
    /// From here to the last visit the simultaneous band excludes no difference: a property of the evidence.
    SustainedSeparation,
    /// From here to the last visit the difference is at least the important one.
    SustainedImportantDifference,
}

impl Definition {
    /// Code in JSON and in protocols.
    pub fn code(self) -> &'static str {
        match self {
            Definition::HalfPeak => "half_peak",
            Definition::ImportantDifference => "important_difference",
            Definition::SustainedSeparation => "sustained_separation",
            Definition::SustainedImportantDifference => "sustained_important_difference",
        }
    }

    /// Every definition.
    pub const ALL: [Definition; 4] = [
        Definition::HalfPeak,
        Definition::ImportantDifference,
        Definition::SustainedSeparation,
        Definition::SustainedImportantDifference,
    ];
}

/// How an interval was made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IntervalKind {
    /// All times at which "the difference is the important one now" is not rejected.
    Inversion,
    /// The same, by the likelihood ratio.
    Profile,
    /// Normal on the log of time.
    Delta,
    /// A single number read off a simultaneous band.
    SimultaneousBand,
}

impl IntervalKind {
    /// Code in JSON.
    pub fn code(self) -> &'static str {
        match self {
            IntervalKind::Inversion => "inversion",
            IntervalKind::Profile => "profile",
            IntervalKind::Delta => "delta",
            IntervalKind::SimultaneousBand => "simultaneous_band",
        }
    }
}

/// A time of onset.
#[derive(Debug, Clone, PartialEq)]
pub struct OnsetTime {
    /// Treatment.
    pub treatment: String,
    /// Definition.
    pub definition: Definition,
    /// The important difference, as a size; `None` where the definition has none.
    pub threshold: Option<f64>,
    /// The time; `None` when the fitted curve never gets there.
    pub estimate: Option<f64>,
    /// How the interval was made.
    pub interval: IntervalKind,
    /// Lower limit.
    pub lower: Option<f64>,
    /// Upper limit; `None` when the data allow that it is never reached.
    pub upper: Option<f64>,
    /// Chance that the curve never gets there.
    pub p_never: Option<f64>,
    /// The estimate lies after the last visit: an extrapolation of the form.
    pub beyond_data: bool,
}

/// How long the difference is at least the important one.
#[derive(Debug, Clone, PartialEq)]
pub struct Window {
    /// Treatment.
    pub treatment: String,
    /// The important difference, as a size.
    pub threshold: f64,
    /// Onset with its inversion interval.
    pub onset: Option<f64>,
    /// Lower limit.
    pub onset_lower: Option<f64>,
    /// Upper limit.
    pub onset_upper: Option<f64>,
    /// Loss; `None` when it is never reached, or not lost by the last visit.
    pub loss: Option<f64>,
    /// Lower limit of the loss.
    pub loss_lower: Option<f64>,
    /// Upper limit of the loss; `None` when the data allow that it is not lost by the last visit.
    pub loss_upper: Option<f64>,
    /// Chance that it is never reached.
    pub p_never: f64,
    /// Reached, and still there at the last visit.
    pub lasts: bool,
}

/// Onset by every definition; those of size only with a `threshold` (a size, above 0). `to` is the end of the
/// stretch over which "sustained" is judged.
///
/// # Formula
/// Inversion: the times with `|b(t) - threshold| <= z se(t)`, b the benefit; the piece before the peak is the
/// onset, z the quantile at the crossing. Delta: `se(ln t*) = se(b(t*)) / (|b'(t*)| t*)`. P(never): the chance that the highest benefit stays
/// below the threshold, normal (Student's where a variance is estimated). Sustained separation: the first time from
/// which on `b(u) > c se(u)` up to `to`, c of [`simultaneous_critical`].
///
/// # Source
/// Fieller 1954, J R Stat Soc B 16:175 (inversion); van der Vaart 1998, Asymptotic Statistics, chapter 3 (delta).
pub fn onset_times(
    curve: &Curve,
    benefit: Benefit,
    threshold: Option<f64>,
    to: f64,
    level: f64,
) -> Vec<OnsetTime> {
    let sign = benefit.sign();
    let mut out = vec![half_peak(curve, sign, level)];
    if let Some(size) = threshold.map(f64::abs) {
        out.extend(important(curve, sign, size, level));
    }
    out.push(separation(curve, sign, to, level));
    if let Some(size) = threshold.map(f64::abs) {
        out.push(sustained(curve, sign, size, to, level));
    }
    out
}

fn half_peak(curve: &Curve, sign: f64, level: f64) -> OnsetTime {
    let estimate = curve.half_time_with(curve.parameters(), sign);
    let reach = estimate.and_then(|t| {
        let mut g = [0.0; MAX_COLUMNS + 4];
        let p = curve.parameters().len();
        let mut moved = curve.parameters().to_vec();
        for k in 0..p {
            let (at, h) = (moved[k], 1e-5 * moved[k].abs().max(1.0));
            moved[k] = at + h;
            let up = curve.half_time_with(&moved, sign)?;
            moved[k] = at - h;
            let down = curve.half_time_with(&moved, sign)?;
            moved[k] = at;
            g[k] = (up / down).ln() / (2.0 * h);
        }
        let se = curve.covariance().quadratic(&g[..p]).max(0.0).sqrt();
        (se > 0.0 && t > 0.0).then(|| critical(curve.df_of(&g[..p]), level) * se)
    });

    OnsetTime {
        treatment: curve.treatment.clone(),
        definition: Definition::HalfPeak,
        threshold: None,
        estimate,
        interval: IntervalKind::Delta,
        lower: estimate.zip(reach).map(|(t, r)| t * (-r).exp()),
        upper: estimate.zip(reach).map(|(t, r)| t * r.exp()),
        p_never: None,
        beyond_data: estimate.is_some_and(|t| t > curve.range.1),
    }
}

/// Chance that the benefit never reaches `size`.
fn never(curve: &Curve, sign: f64, size: f64) -> f64 {
    let peak = curve.peak_point(sign);
    let gap = sign * peak.value - size;
    if peak.se > 0.0 {
        upper_tail(peak.df, gap / peak.se)
    } else {
        f64::from(u8::from(gap < 0.0))
    }
}

/// The quantile of an inversion: that at the crossing, or at the peak of a curve that does not cross.
fn quantile_at(curve: &Curve, sign: f64, crossing: Option<f64>, level: f64) -> f64 {
    let point = crossing.map_or_else(|| curve.peak_point(sign), |t| curve.at(t));
    curve.quantile(&point, level)
}

/// Onset of the important difference: test inversion, then delta.
fn important(curve: &Curve, sign: f64, size: f64, level: f64) -> [OnsetTime; 2] {
    let crossing = rise(curve, sign, size);
    let z = quantile_at(curve, sign, crossing.middle, level);
    let p_never = Some(never(curve, sign, size));
    let beyond_data = crossing.middle.is_some_and(|t| t > curve.range.1);
    let limits = crossing.limits(z, curve, sign, size);
    let inversion = OnsetTime {
        treatment: curve.treatment.clone(),
        definition: Definition::ImportantDifference,
        threshold: Some(size),
        estimate: crossing.middle,
        interval: IntervalKind::Inversion,
        lower: limits.0,
        upper: limits.1,
        p_never,
        beyond_data,
    };
    let delta = crossing.middle.map(|t| {
        let se = curve.at(t).se / (curve.slope(t).abs() * t);
        (t * (-z * se).exp(), t * (z * se).exp())
    });
    let finite = |x: f64| x.is_finite().then_some(x);
    let by_delta = OnsetTime {
        interval: IntervalKind::Delta,
        lower: delta.and_then(|d| finite(d.0)),
        upper: delta.and_then(|d| finite(d.1)),
        ..inversion.clone()
    };
    [inversion, by_delta]
}

/// Where a curve with these parameters first reaches `size`, before its peak.
pub(super) fn crossing_with(curve: &Curve, parameters: &[f64], sign: f64, size: f64) -> Option<f64> {
    let top = curve.peak_time_with(parameters, sign);
    let top = if top.is_finite() { top } else { curve.range.1 * FAR };
    let from = curve.range.0.min(top) / FAR;
    let above = |t: f64| sign * curve.value_with(parameters, t) - size;
    if !curve.rises_once() {
        return first_up(&log_grid(from, top), above);
    }
    if above(from) >= 0.0 {
        return Some(from);
    }
    (above(top) >= 0.0)
        .then(|| brent(|x| above(x.exp()), from.ln(), top.ln(), 0.0).ok())
        .flatten()
        .map(|r| r.x.exp())
}

/// Where a curve with these parameters falls below `size` after its peak, at or before `to`.
pub(super) fn loss_with(curve: &Curve, parameters: &[f64], sign: f64, size: f64, to: f64) -> Option<f64> {
    let peak = curve.peak_time_with(parameters, sign);
    if peak.is_nan() || peak >= to {
        return None;
    }
    let below = |t: f64| size - sign * curve.value_with(parameters, t);
    if !curve.rises_once() {
        return first_up(&log_grid(peak.max(to * 1e-12), to), below);
    }
    (below(to) >= 0.0)
        .then(|| brent(below, peak, to, 0.0).ok())
        .flatten()
        .map(|r| r.x)
}

/// The rising stretch of a curve and where it crosses.
struct Rise {
    grid: Vec<f64>,
    middle: Option<f64>,
}

fn rise(curve: &Curve, sign: f64, size: f64) -> Rise {
    let top = curve.peak_time_with(curve.parameters(), sign);
    let top = if top.is_finite() { top } else { curve.range.1 * FAR };
    let grid = log_grid((curve.range.0.min(top)) / FAR, top);
    let middle = first_up(&grid, |t| sign * curve.value(t) - size);
    Rise { grid, middle }
}

impl Rise {
    fn limits(&self, z: f64, curve: &Curve, sign: f64, size: f64) -> (Option<f64>, Option<f64>) {
        let excess = |t: f64, shift: f64| {
            let point = curve.at(t);
            sign * point.value - size + shift * point.se
        };
        let lower = first_up(&self.grid, |t| excess(t, z));
        let upper = first_up(&self.grid, |t| excess(t, -z));
        let starts_inside = self.grid.first().is_some_and(|&t| excess(t, z) >= 0.0);
        (if starts_inside { Some(0.0) } else { lower }, upper)
    }
}

fn log_grid(from: f64, to: f64) -> Vec<f64> {
    let (lo, hi) = (from.ln(), to.ln());
    (0..=SCAN)
        .map(|i| (lo + (hi - lo) * f64::from(i) / f64::from(SCAN)).exp())
        .collect()
}

/// First time at which `f` passes from below to above zero.
fn first_up(grid: &[f64], mut f: impl FnMut(f64) -> f64) -> Option<f64> {
    let mut before: Option<(f64, f64)> = None;
    for &t in grid {
        let value = f(t);
        if let Some((u, last)) = before
            && last < 0.0
            && value >= 0.0
        {
            return brent(&mut f, u, t, 0.0).ok().map(|r| r.x);
        }
        before = Some((t, value));
    }
    None
}

fn separation(curve: &Curve, sign: f64, to: f64, level: f64) -> OnsetTime {
    let from = curve.range.0.min(to);
    let c = simultaneous_critical(curve, from, to, level);
    let estimate = last_entry(from, to, |t| {
        let point = curve.at(t);
        sign * point.value - c * point.se
    });
    OnsetTime {
        treatment: curve.treatment.clone(),
        definition: Definition::SustainedSeparation,
        threshold: None,
        estimate,
        interval: IntervalKind::SimultaneousBand,
        lower: None,
        upper: None,
        p_never: None,
        beyond_data: false,
    }
}

/// The first time from which on `f > 0` up to `to`; `from` itself when it is above throughout.
fn last_entry(from: f64, to: f64, mut f: impl FnMut(f64) -> f64) -> Option<f64> {
    let grid = log_grid(from, to);
    if f(to) <= 0.0 {
        return None;
    }
    let mut above = to;
    for &t in grid.iter().rev() {
        if f(t) <= 0.0 {
            return brent(&mut f, t, above, 0.0).ok().map(|r| r.x);
        }
        above = t;
    }
    Some(from)
}

fn sustained(curve: &Curve, sign: f64, size: f64, to: f64, level: f64) -> OnsetTime {
    let [mut onset, _] = important(curve, sign, size, level);
    onset.definition = Definition::SustainedImportantDifference;
    let start = curve.range.0.min(to) / FAR;
    onset.estimate = last_entry(start, to, |t| sign * curve.value(t) - size);
    if onset.estimate.is_none() {
        (onset.lower, onset.upper) = (None, None);
    }
    // Never sustained: below the important difference at the end of the stretch.
    let end = curve.at(to);
    let gap = sign * end.value - size;
    onset.p_never = Some(if end.se > 0.0 {
        upper_tail(end.df, gap / end.se)
    } else {
        f64::from(u8::from(gap < 0.0))
    });
    onset
}

/// From onset to loss of the important difference, looked for up to the last visit.
///
/// # Formula
/// Loss is the last time at or before the last visit at which the benefit is still `threshold`; its interval is the
/// piece of the inversion set after the peak.
pub fn window(curve: &Curve, benefit: Benefit, threshold: f64, to: f64, level: f64) -> Window {
    let (sign, size) = (benefit.sign(), threshold.abs());
    let [onset, _] = important(curve, sign, size, level);
    let peak = curve.peak_time_with(curve.parameters(), sign).min(to);
    let shifted = |t: f64, shift: f64| {
        let point = curve.at(t);
        sign * point.value - size + shift * point.se
    };
    // First passage downward after the peak of each limit of the band.
    let down = |shift: f64| {
        let grid: Vec<f64> = if peak < to {
            log_grid(peak.max(to * 1e-12), to)
        } else {
            Vec::new()
        };
        first_up(&grid, |t| -shifted(t, shift))
    };
    let reached = onset.estimate.is_some_and(|t| t <= to);
    let lasts = reached && sign * curve.value(to) >= size;
    let loss = if reached && !lasts { down(0.0) } else { None };
    let z = quantile_at(curve, sign, loss, level);
    let at_peak_inside = peak < to && shifted(peak, -z) <= 0.0;
    Window {
        treatment: curve.treatment.clone(),
        threshold: size,
        onset: onset.estimate,
        onset_lower: onset.lower,
        onset_upper: onset.upper,
        loss,
        loss_lower: if !reached {
            None
        } else if at_peak_inside {
            Some(peak)
        } else {
            down(-z)
        },
        loss_upper: if reached { down(z) } else { None },
        p_never: onset.p_never.unwrap_or(1.0),
        lasts,
    }
}
