//! Follow-up of each person from a digitised Kaplan-Meier curve and the numbers at risk below it.

use super::error::SurvivalError;
use super::kaplan_meier::{KaplanMeier, Patient, kaplan_meier};

/// A digitised point of a curve.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Point {
    /// Time.
    pub time: f64,
    /// Survival, 0 to 1.
    pub survival: f64,
}

/// An entry of the table of numbers at risk.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct AtRisk {
    /// Time.
    pub time: f64,
    /// People at risk then.
    pub n: f64,
}

/// A reconstructed arm, and how well it gives the figure back.
#[derive(Debug, Clone, PartialEq)]
pub struct Reconstructed {
    /// One entry a person, events in order of time first.
    pub patients: Vec<Patient>,
    /// Their curve.
    pub curve: KaplanMeier,
    /// Printed and reconstructed numbers at risk.
    pub at_risk: Vec<(AtRisk, f64)>,
    /// Root mean square difference between the points and the curve.
    pub rmse: f64,
    /// Largest such difference.
    pub max_error: f64,
    /// What was repaired or does not fit.
    pub warnings: Vec<String>,
}

/// Where the censorings of an interval between two numbers at risk are spread to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Spread {
    /// From the first to the last digitised point of the interval, so that no step of the curve inside the interval
    /// is read with people who have already left (Liu, Zhou & Lee 2021).
    #[default]
    LastPoint,
    /// From the first point of the interval to the first of the next (Guyot 2012).
    NextInterval,
}

/// A rise up to this is a reading error and is flattened; more is not a survival curve.
pub const RISE: f64 = 0.05;
/// Root mean square difference from which a reconstruction is called poor (Guyot 2012).
pub const POOR_RMSE: f64 = 0.05;
/// Rounds of matching a number at risk; the count of censorings moves by at least one each round.
const ROUNDS: usize = 10_000;

/// Individual follow-up that gives a printed curve and its numbers at risk back.
///
/// # Formula
/// In each interval between numbers at risk: censorings spread evenly, events at each point
/// d = round(n (1 - S / S_last)), and the number of censorings moved until the next number at risk is met. After the
/// last number at risk: the censoring rate of before, or the total of events where it is known.
/// # Errors
/// No points or numbers at risk; survival out of 0..1; a rise beyond a reading error; numbers at risk that rise;
/// more events than people.
/// # Source
/// Guyot, Ades, Ouwens & Welton 2012, BMC Med Res Methodol 12:9; the end of the spread: Liu, Zhou & Lee 2021, BMC Med
/// Res Methodol 21:111.
pub fn reconstruct(
    points: &[Point],
    at_risk: &[AtRisk],
    events: Option<u64>,
) -> Result<Reconstructed, SurvivalError> {
    reconstruct_with(points, at_risk, events, Spread::default())
}

/// The same with the censorings spread as asked.
///
/// # Errors
/// As [`reconstruct`].
pub fn reconstruct_with(
    points: &[Point],
    at_risk: &[AtRisk],
    events: Option<u64>,
    spread: Spread,
) -> Result<Reconstructed, SurvivalError> {
    check_at_risk(at_risk)?;
    let (points, mut warnings) = clean(points)?;
    let first = at_risk.first().map_or(0.0, |entry| entry.n);
    if let Some(found) = events.filter(|&e| e as f64 > first) {
        return Err(SurvivalError::TooManyEvents {
            found,
            allowed: first as u64,
        });
    }
    let mut walk = Walk::new(&points, at_risk, spread);
    walk.all(events);
    let patients = walk.patients();
    let curve = kaplan_meier(&patients)?;
    let mut squares = 0.0;
    let mut max_error = 0.0_f64;
    for point in &points {
        let off = curve.at(point.time) - point.survival;
        squares += off * off;
        max_error = max_error.max(off.abs());
    }
    let rmse = (squares / points.len() as f64).sqrt();
    let matched: Vec<(AtRisk, f64)> = at_risk
        .iter()
        .map(|&entry| {
            (
                entry,
                patients.iter().filter(|p| p.time >= entry.time).count() as f64,
            )
        })
        .collect();
    for (entry, found) in matched.iter().filter(|(entry, found)| entry.n != *found) {
        warnings.push(format!(
            "At time {} the table has {} at risk, the reconstruction {found}",
            entry.time, entry.n
        ));
    }
    if rmse > POOR_RMSE {
        warnings.push(format!(
            "The reconstruction misses the points by {rmse} (root mean square)"
        ));
    }
    if let Some(events) = events.filter(|&e| e != curve.events as u64) {
        warnings.push(format!(
            "{events} events are printed, {} reconstructed",
            curve.events
        ));
    }
    Ok(Reconstructed {
        patients,
        curve,
        at_risk: matched,
        rmse,
        max_error,
        warnings,
    })
}

fn check_at_risk(at_risk: &[AtRisk]) -> Result<(), SurvivalError> {
    if at_risk.is_empty() {
        return Err(SurvivalError::Empty {
            what: "number at risk",
        });
    }
    let mut before = AtRisk {
        time: f64::NEG_INFINITY,
        n: f64::INFINITY,
    };
    for (i, entry) in at_risk.iter().enumerate() {
        let whole = entry.n.is_finite() && entry.n >= 0.0 && entry.n.fract() == 0.0 && entry.n < 1e7;
        let starts = i > 0 || (entry.time == 0.0 && entry.n > 0.0);
        if !(whole && starts && entry.time.is_finite() && entry.time > before.time && entry.n <= before.n) {
            return Err(SurvivalError::AtRisk {
                time: entry.time,
                found: entry.n,
            });
        }
        before = *entry;
    }
    Ok(())
}

/// Points in order of time from (0, 1), never rising; repairs are listed.
fn clean(points: &[Point]) -> Result<(Vec<Point>, Vec<String>), SurvivalError> {
    let mut warnings = Vec::new();
    let mut sorted = Vec::with_capacity(points.len() + 1);
    sorted.push(Point {
        time: 0.0,
        survival: 1.0,
    });
    for point in points {
        if !(0.0..=1.0).contains(&point.survival) {
            return Err(SurvivalError::OutOfRange {
                what: "survival of a point",
                found: point.survival,
                allowed: "0 to 1",
            });
        }
        if !point.time.is_finite() {
            return Err(SurvivalError::OutOfRange {
                what: "time of a point",
                found: point.time,
                allowed: "a finite number",
            });
        }
        if point.time < 0.0 {
            warnings.push(format!(
                "A point at time {} lies before 0 and was left out",
                point.time
            ));
        } else {
            sorted.push(*point);
        }
    }
    if sorted.len() == 1 {
        return Err(SurvivalError::Empty {
            what: "point of the curve at time 0 or later",
        });
    }
    sorted.sort_by(|a, b| a.time.total_cmp(&b.time));
    let mut low = 1.0_f64;
    for point in &mut sorted {
        if point.survival > low {
            if point.survival - low > RISE {
                return Err(SurvivalError::Rises {
                    time: point.time,
                    before: low,
                    found: point.survival,
                });
            }
            warnings.push(format!(
                "The point at time {} rises from {low} to {} and was set to {low}",
                point.time, point.survival
            ));
            point.survival = low;
        }
        low = point.survival;
    }
    Ok((sorted, warnings))
}

/// The state of the reconstruction.
struct Walk<'a> {
    points: &'a [Point],
    /// For each interval: its points and the number at risk at its start.
    intervals: Vec<(std::ops::Range<usize>, f64)>,
    /// The numbers at risk as printed.
    table: &'a [AtRisk],
    spread: Spread,
    events: Vec<f64>,
    censored: Vec<f64>,
    at_risk: Vec<f64>,
    survival: f64,
}

impl<'a> Walk<'a> {
    fn new(points: &'a [Point], table: &'a [AtRisk], spread: Spread) -> Self {
        let starts: Vec<usize> = table
            .iter()
            .map(|entry| points.partition_point(|p| p.time < entry.time))
            .collect();
        let mut intervals: Vec<(std::ops::Range<usize>, f64)> = Vec::new();
        for (i, entry) in table.iter().enumerate() {
            let start = starts.get(i).copied().unwrap_or(points.len());
            let end = starts.get(i + 1).copied().unwrap_or(points.len());
            // A number at risk past the last point, or two without a point between, adds nothing.
            if start < end {
                intervals.push((start..end, entry.n));
            }
        }
        Walk {
            points,
            intervals,
            table,
            spread,
            events: vec![0.0; points.len()],
            censored: vec![0.0; points.len()],
            at_risk: vec![0.0; points.len() + 1],
            survival: 1.0,
        }
    }

    fn all(&mut self, total: Option<u64>) {
        let mut gone = 0.0;
        let last = self.intervals.len().saturating_sub(1);
        let mut n = self.intervals.first().map_or(0.0, |interval| interval.1);
        for i in 0..self.intervals.len() {
            let Some((range, _)) = self.intervals.get(i).cloned() else {
                continue;
            };
            let start = self.survival;
            if i < last {
                let goal = self.intervals.get(i + 1).map_or(0.0, |next| next.1);
                let s = |at: usize| self.points.get(at).map_or(1.0, |p| p.survival);
                let from = s(range.start);
                let guess = if from > 0.0 {
                    n * s(range.end) / from - goal
                } else {
                    0.0
                };
                let mut cens = guess.round().clamp(0.0, n);
                let mut left = self.interval(&range, n, cens, start);
                for _ in 0..ROUNDS {
                    if left == goal || (left < goal && cens == 0.0) {
                        break;
                    }
                    let next = (cens + left - goal).clamp(0.0, n);
                    if next == cens {
                        break;
                    }
                    cens = next;
                    left = self.interval(&range, n, cens, start);
                }
                gone += cens;
                n = left;
            } else {
                let time = |at: usize| self.points.get(at).map_or(0.0, |p| p.time);
                let (t0, t1) = (time(range.start), time(range.end.saturating_sub(1)));
                let mut cens = if t0 > 0.0 {
                    (gone / t0 * (t1 - t0)).round().clamp(0.0, n)
                } else {
                    0.0
                };
                self.interval(&range, n, cens, start);
                if let Some(total) = total.map(|total| total as f64) {
                    // More censorings give fewer events: the count that comes nearest to the total, by bisection.
                    let (mut low, mut high) = (0.0, n);
                    while low < high {
                        cens = ((low + high) / 2.0_f64).floor();
                        self.interval(&range, n, cens, start);
                        if self.events.iter().sum::<f64>() > total {
                            low = cens + 1.0
                        } else {
                            high = cens
                        }
                    }
                    self.interval(&range, n, low, start);
                }
            }
        }
    }

    /// Fills one interval; people left at its end.
    fn interval(&mut self, range: &std::ops::Range<usize>, n: f64, cens: f64, start: f64) -> f64 {
        let time = |at: usize| self.points.get(at).or(self.points.last()).map_or(0.0, |p| p.time);
        let end = match self.spread {
            Spread::LastPoint => range.end.saturating_sub(1),
            Spread::NextInterval => range.end,
        };
        let (t0, t1) = (time(range.start), time(end));
        let width = (t1 - t0) / (cens + 1.0);
        let mut left = n;
        let mut survival = start;
        let mut placed = 0.0;
        for at in range.clone() {
            // Even times t0 + j width, j = 1..cens, that fall before the next point.
            let before = if at + 1 >= range.end {
                cens
            } else if width > 0.0 {
                (((time(at + 1) - t0) / width).ceil() - 1.0).clamp(placed, cens)
            } else {
                placed
            };
            let s = self.points.get(at).map_or(survival, |p| p.survival);
            let events = if survival > 0.0 {
                (left * (1.0 - s / survival)).round().clamp(0.0, left)
            } else {
                0.0
            };
            if events > 0.0 {
                survival *= 1.0 - events / left;
            }
            let out = (before - placed).clamp(0.0, left - events);
            placed = before;
            if let (Some(d), Some(c), Some(r)) = (
                self.events.get_mut(at),
                self.censored.get_mut(at),
                self.at_risk.get_mut(at),
            ) {
                (*d, *c, *r) = (events, out, left);
            }
            left -= events + out;
        }
        self.survival = survival;
        if let Some(rest) = self.at_risk.get_mut(range.end) {
            *rest = left;
        }
        left
    }

    fn patients(&self) -> Vec<Patient> {
        let mut patients = Vec::new();
        for (point, &d) in self.points.iter().zip(&self.events) {
            patients.extend((0..d as usize).map(|_| Patient {
                time: point.time,
                event: true,
            }));
        }
        for (i, (point, &c)) in self.points.iter().zip(&self.censored).enumerate() {
            let next = self.points.get(i + 1).map_or(point.time, |p| p.time);
            // A person censored before a number at risk must not be counted in it.
            let counted = self
                .table
                .iter()
                .map(|entry| entry.time)
                .find(|&t| t > point.time);
            let next = counted.map_or(next, |t| t.min(next));
            let time = f64::midpoint(point.time, next);
            patients.extend((0..c as usize).map(|_| Patient { time, event: false }));
        }
        let rest = self.at_risk.last().copied().unwrap_or(0.0);
        let end = self.points.last().map_or(0.0, |p| p.time);
        patients.extend((0..rest as usize).map(|_| Patient {
            time: end,
            event: false,
        }));
        patients
    }
}
