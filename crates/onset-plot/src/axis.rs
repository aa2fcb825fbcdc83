//! A number axis: from values to pixels, with ticks at round values.

use crate::input::{Effect, Interval};
use crate::text;

/// A linear or logarithmic axis.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Axis {
    lo: f64,
    hi: f64,
    start: f64,
    end: f64,
    log: bool,
    /// Between ticks, where the ends were moved out to ticks.
    step: Option<f64>,
}

/// A tick: value and label.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Tick {
    pub value: f64,
    pub label: String,
}

impl Axis {
    /// From `lo` to `hi` (both > 0 on a log axis) onto pixels `start` to `end`. Where the limits are not
    /// usable, a unit around the null.
    pub(crate) fn new(lo: f64, hi: f64, start: f64, end: f64, log: bool) -> Axis {
        let usable = lo.is_finite() && hi.is_finite() && lo < hi && (!log || lo > 0.0);
        let (lo, hi) = match (usable, log) {
            (true, _) => (lo, hi),
            (false, true) => (0.5, 2.0),
            (false, false) => (-1.0, 1.0),
        };
        Axis {
            lo,
            hi,
            start,
            end,
            log,
            step: None,
        }
    }

    /// An effect axis on which the null, the important difference and every value stand, and their limits
    /// (and those in `more`) as far as they leave it readable; the others are cut. Ticks about `apart`
    /// pixels apart.
    pub(crate) fn around(
        effect: &Effect,
        all: &[Interval],
        more: &[f64],
        ends: (f64, f64),
        apart: f64,
    ) -> Axis {
        let inner = |x: f64| if effect.ratio { x.ln() } else { x };
        let outer = |x: f64| if effect.ratio { x.exp() } else { x };
        let finite = |values: Vec<f64>| {
            values
                .into_iter()
                .map(inner)
                .filter(|x| x.is_finite())
                .collect::<Vec<f64>>()
        };
        let important = effect.important.iter().map(|r| r.value);
        let core = all
            .iter()
            .map(|i| i.value)
            .chain(important)
            .chain([effect.null()])
            .collect();
        let (lo, hi) = span(&finite(core));
        let half = all.iter().map(|i| (inner(i.upper) - inner(i.lower)) / 2.0);
        let mut half: Vec<f64> = half.filter(|x| x.is_finite()).collect();
        half.sort_by(f64::total_cmp);
        let typical = half.get(half.len() / 2).copied().unwrap_or(0.0);
        let room = f64::max((hi - lo) * 0.6, typical * 1.3);
        let limits = finite(
            all.iter()
                .flat_map(|i| [i.lower, i.upper])
                .chain(more.iter().copied())
                .collect(),
        );
        let held: Vec<f64> = limits
            .into_iter()
            .map(|x| x.clamp(lo - room, hi + room))
            .chain([lo, hi])
            .collect();
        let (lo, hi) = span(&held);
        let pad = (hi - lo) * 0.02;
        Axis::new(outer(lo - pad), outer(hi + pad), ends.0, ends.1, effect.ratio).rounded(apart)
    }

    fn inner(&self, x: f64) -> f64 {
        if self.log {
            x.max(f64::MIN_POSITIVE).ln()
        } else {
            x
        }
    }

    /// Pixel of a value; beyond the ends for values beyond the limits.
    pub(crate) fn at(&self, x: f64) -> f64 {
        let (lo, hi) = (self.inner(self.lo), self.inner(self.hi));
        self.start + (self.inner(x) - lo) / (hi - lo) * (self.end - self.start)
    }

    /// Pixel of a value, held at the ends.
    pub(crate) fn held(&self, x: f64) -> f64 {
        self.at(x.clamp(self.lo, self.hi))
    }

    /// Pixels of its ends.
    pub(crate) fn span(&self) -> (f64, f64) {
        (self.start, self.end)
    }

    /// Values at its ends.
    pub(crate) fn limits(&self) -> (f64, f64) {
        (self.lo, self.hi)
    }

    /// True when the value lies on the axis.
    pub(crate) fn holds(&self, x: f64) -> bool {
        (self.lo..=self.hi).contains(&x)
    }

    /// True below its lower end.
    pub(crate) fn below(&self, x: f64) -> bool {
        x < self.lo
    }

    /// True above its upper end.
    pub(crate) fn above(&self, x: f64) -> bool {
        x > self.hi
    }

    /// Round ticks inside the limits, as many as `room` pixels apart allow (about).
    pub(crate) fn ticks(&self, room: f64) -> Vec<Tick> {
        let most = ((self.end - self.start).abs() / room).floor().max(2.0);
        let values = match (self.log, self.step) {
            (true, _) => log_ticks(self.lo, self.hi, most),
            (false, Some(step)) => multiples(self.lo, self.hi, step),
            (false, None) => linear_ticks(self.lo, self.hi, most),
        };
        let decimals = values.iter().map(|v| decimals_of(*v)).max().unwrap_or(0);
        let label = |v: f64| text::number(v, if self.log { decimals_of(v) } else { decimals });
        values
            .into_iter()
            .map(|value| Tick {
                value,
                label: label(value),
            })
            .collect()
    }

    /// The axis with ticks at multiples of a step.
    pub(crate) fn every(self, step: f64) -> Axis {
        Axis {
            step: Some(step),
            ..self
        }
    }

    /// The axis with its limits moved out to the next round tick.
    pub(crate) fn rounded(self, room: f64) -> Axis {
        let most = ((self.end - self.start).abs() / room).floor().max(2.0);
        if self.log {
            let (lo, hi) = (round_log(self.lo, false), round_log(self.hi, true));
            return Axis { lo, hi, ..self };
        }
        let mut apart = step(self.hi - self.lo, most);
        for _ in 0..2 {
            let (lo, hi) = outwards(self.lo, self.hi, apart);
            if (hi - lo) / apart <= most + 1.5 {
                break;
            }
            apart = step((hi - lo) * 1.01, most);
        }
        let (lo, hi) = outwards(self.lo, self.hi, apart);
        Axis {
            lo,
            hi,
            step: Some(apart),
            ..self
        }
    }
}

/// The limits moved out to multiples of a step.
fn outwards(lo: f64, hi: f64, step: f64) -> (f64, f64) {
    (
        (lo / step + 1e-9).floor() * step,
        (hi / step - 1e-9).ceil() * step,
    )
}

fn span(values: &[f64]) -> (f64, f64) {
    let lo = values.iter().copied().fold(f64::INFINITY, f64::min);
    let hi = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    (lo, hi)
}

/// 1, 2 or 5 times a power of ten, giving at most about `most` steps.
fn step(span: f64, most: f64) -> f64 {
    let raw = (span / most).max(f64::MIN_POSITIVE);
    let power = 10f64.powf(raw.log10().floor());
    let times = [1.0, 2.0, 5.0, 10.0]
        .into_iter()
        .find(|m| m * power >= raw * (1.0 - 1e-9));
    times.unwrap_or(10.0) * power
}

fn linear_ticks(lo: f64, hi: f64, most: f64) -> Vec<f64> {
    multiples(lo, hi, step(hi - lo, most))
}

fn multiples(lo: f64, hi: f64, step: f64) -> Vec<f64> {
    let (first, last) = (
        (lo / step - 1e-9).ceil() as i64,
        (hi / step + 1e-9).floor() as i64,
    );
    (first..=last.min(first.saturating_add(50)))
        .map(|i| i as f64 * step)
        .collect()
}

/// Of the ladders 1-1.5-2-3-5-7, 1-2-5, 1-3, powers of ten, hundred, ...: the densest that fits; where
/// the span is too short for any, a linear ladder.
fn log_ticks(lo: f64, hi: f64, most: f64) -> Vec<f64> {
    let ladders: [&[f64]; 4] = [
        &[1.0, 1.5, 2.0, 3.0, 5.0, 7.0],
        &[1.0, 2.0, 5.0],
        &[1.0, 3.0],
        &[1.0],
    ];
    for ladder in ladders {
        let ticks = rungs(lo, hi, ladder, 1);
        if ticks.len() < 3 && ladder.len() == 6 {
            return linear_ticks(lo, hi, most);
        }
        if ticks.len() as f64 <= most + 1.0 {
            return ticks;
        }
    }
    let decades = (hi / lo).log10();
    rungs(lo, hi, &[1.0], (decades / most).ceil().max(1.0) as i32)
}

fn rungs(lo: f64, hi: f64, ladder: &[f64], every: i32) -> Vec<f64> {
    let (first, last) = (lo.log10().floor() as i32, hi.log10().ceil() as i32);
    (first..=last)
        .filter(|power| power.rem_euclid(every) == 0)
        .flat_map(|power| ladder.iter().map(move |m| m * 10f64.powi(power)))
        .filter(|v| *v >= lo * (1.0 - 1e-9) && *v <= hi * (1.0 + 1e-9))
        .collect()
}

/// The next of 1, 1.5, 2, 3, 5, 7 times a power of ten, outwards.
fn round_log(x: f64, up: bool) -> f64 {
    let power = 10f64.powf(x.log10().floor());
    let ladder = [1.0, 1.5, 2.0, 3.0, 5.0, 7.0, 10.0];
    let found = if up {
        ladder.into_iter().find(|m| m * power >= x * (1.0 - 1e-9))
    } else {
        ladder.into_iter().rev().find(|m| m * power <= x * (1.0 + 1e-9))
    };
    found.map_or(x, |m| m * power)
}

/// Decimals needed to write a round value.
fn decimals_of(x: f64) -> usize {
    (0..8)
        .find(|&d| {
            let p = 10f64.powi(d);
            ((x * p).round() / p - x).abs() <= x.abs() * 1e-9
        })
        .unwrap_or(8) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: Axis, room: f64) -> Vec<String> {
        axis.ticks(room).into_iter().map(|t| t.label).collect()
    }

    #[test]
    fn linear_ticks_are_round() {
        assert_eq!(
            labels(Axis::new(-12.0, 4.0, 0.0, 300.0, false), 50.0),
            ["−10", "−5", "0"]
        );
        assert_eq!(
            labels(Axis::new(-1.0, 0.5, 0.0, 300.0, false), 45.0),
            ["−1.0", "−0.5", "0.0", "0.5"]
        );
    }

    #[test]
    fn log_ticks_are_ratios() {
        assert_eq!(
            labels(Axis::new(0.5, 10.0, 0.0, 300.0, true), 45.0),
            ["0.5", "1", "2", "5", "10"]
        );
        assert_eq!(
            labels(Axis::new(0.01, 100.0, 0.0, 300.0, true), 50.0),
            ["0.01", "0.1", "1", "10", "100"]
        );
        assert_eq!(
            labels(Axis::new(0.95, 1.06, 0.0, 300.0, true), 60.0),
            ["0.95", "1", "1.05"]
        );
    }

    #[test]
    fn rounding_goes_outwards() {
        let axis = Axis::new(-11.2, 0.3, 0.0, 300.0, false).rounded(50.0);
        assert!(axis.holds(-12.0) && axis.below(-12.1) && axis.holds(2.0) && axis.above(2.1));
        let log = Axis::new(0.8, 11.0, 0.0, 300.0, true).rounded(50.0);
        assert!(log.holds(0.71) && log.holds(14.9) && log.below(0.6) && log.above(16.0));
    }

    #[test]
    fn unusable_limits_fall_back() {
        assert!(Axis::new(f64::NAN, 1.0, 0.0, 1.0, false).at(0.0).is_finite());
        assert!(Axis::new(0.0, 1.0, 0.0, 1.0, true).at(0.0).is_finite());
    }
}
