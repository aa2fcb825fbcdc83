//! The time axis of a windowed course: logarithmic, with ticks in the units people use.

use super::{Series, When, Windows};
use crate::axis::Axis;
use crate::metrics;
use crate::text;

/// Candidate ticks in hours, each with its rank: where two collide, the lower rank stays.
const TICKS: [(f64, u8); 15] = [
    (1.0 / 6.0, 2),
    (2.0 / 3.0, 1),
    (2.0, 2),
    (4.0, 1),
    (8.0, 3),
    (24.0, 0),
    (72.0, 1),
    (168.0, 0),
    (336.0, 1),
    (672.0, 0),
    (1344.0, 2),
    (2184.0, 1),
    (4368.0, 0),
    (8736.0, 0),
    (17_472.0, 1),
];

/// From the first window's begin to the last one's end, with at least `tail` pixels after the last evidence.
pub(super) fn axis(input: &Windows, start: f64, end: f64, tail: f64) -> Axis {
    let points = || input.series.iter().flat_map(|s| &s.points);
    let spans: Vec<(f64, f64)> = points().filter_map(|p| span(p.when)).collect();
    let lo = spans.iter().map(|s| s.0).fold(f64::INFINITY, f64::min);
    let hi = spans.iter().map(|s| s.1).fold(0.0, f64::max);
    if !(lo.is_finite() && lo > 0.0 && lo < hi) {
        return Axis::new(0.5, 672.0, start, end, true);
    }
    let horizon = input.series.iter().map(horizon).fold(lo, f64::max);
    // On a log axis `tail` pixels are a factor.
    let share = tail / (end - start - tail).max(1.0);
    Axis::new(
        lo,
        f64::max(hi, horizon * (horizon / lo).powf(share)),
        start,
        end,
        true,
    )
}

/// Where the evidence of a comparison ends, in hours; 0 where there is none.
pub(super) fn horizon(series: &Series) -> f64 {
    let told = series.points.iter().filter(|p| p.estimate.is_some());
    told.filter_map(|p| span(p.when)).map(|s| s.1).fold(0.0, f64::max)
}

/// Begin and end of a window in hours, both above zero.
pub(super) fn span(when: When) -> Option<(f64, f64)> {
    let When::Hours { from, to, target } = when else {
        return None;
    };
    let from = if from > 0.0 {
        from
    } else {
        f64::min(target, to) / 4.0
    };
    let good = from.is_finite() && to.is_finite() && target.is_finite() && from > 0.0 && from < to;
    good.then_some((from, to))
}

/// Ticks whose labels fit beside each other and end before `right`: hours, pixel, label.
pub(crate) fn ticks(axis: &Axis, size: f64, right: f64) -> Vec<(f64, f64, String)> {
    let mut candidates: Vec<(f64, u8)> = TICKS
        .into_iter()
        .filter(|(hours, _)| axis.holds(*hours))
        .collect();
    candidates.sort_by_key(|(_, rank)| *rank);
    let mut kept: Vec<(f64, f64, String)> = Vec::new();
    for (hours, _) in candidates {
        let (x, label) = (axis.at(hours), text::hours(hours));
        let half = metrics::width(&label, size, false) / 2.0;
        let free = |(_, other, text): &(f64, f64, String)| {
            (x - other).abs() > half + metrics::width(text, size, false) / 2.0 + 7.0
        };
        if x + half <= right && kept.iter().all(free) {
            kept.push((hours, x, label));
        }
    }
    kept.sort_by(|a, b| a.0.total_cmp(&b.0));
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ticks_never_collide() {
        for width in [150.0, 250.0, 400.0, 900.0] {
            let ticks = ticks(&Axis::new(0.5, 1000.0, 0.0, width, true), 11.5, width + 8.0);
            assert!(ticks.len() >= 2);
            for pair in ticks.windows(2) {
                let [a, b] = pair else { continue };
                let room = (metrics::width(&a.2, 11.5, false) + metrics::width(&b.2, 11.5, false)) / 2.0;
                assert!(b.1 - a.1 > room);
            }
        }
    }

    #[test]
    fn a_window_from_zero_begins_before_its_target() {
        let when = When::Hours {
            from: 0.0,
            to: 6.0,
            target: 4.0,
        };
        assert_eq!(span(when), Some((1.0, 6.0)));
        assert_eq!(span(When::CourseEnd), None);
        assert_eq!(
            span(When::Hours {
                from: 5.0,
                to: 5.0,
                target: 5.0
            }),
            None
        );
    }
}
