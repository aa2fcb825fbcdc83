//! Events, percentages and group sizes.

use super::{Check, Printed, Verdict, shown};
use onset_math::{binomial, normal};

/// Probability below which a count does not agree with the mean and SD of the score.
const RARE: f64 = 0.01;

/// A percentage is its events divided by its people.
pub fn percent(percent: Printed, events: u64, n: u64) -> Verdict {
    let found = format!("{percent} %, {events} of {n}");
    if n == 0 {
        return Verdict::silent(Check::Percent, found, "nobody was counted");
    }
    let computed = 100.0 * events as f64 / n as f64;
    let (low, high) = percent.range();
    let agrees = events <= n && (low..=high).contains(&computed);
    Verdict::new(Check::Percent, agrees, found, format!("{} %", shown(computed)))
}

/// Group sizes of which `events` are the printed percentage, smallest and largest; none for no events.
pub fn implied_n(percent: Printed, events: u64) -> Option<(u64, u64)> {
    let (low, high) = percent.range();
    if events == 0 || low <= 0.0 {
        return None;
    }
    let (least, most) = (
        (100.0 * events as f64 / high).ceil(),
        (100.0 * events as f64 / low).floor(),
    );
    (least <= most && most < 1e12).then_some((least as u64, most as u64))
}

/// What mean and SD of a score say about the people at or below a cut-off.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Implied {
    /// Expected under a normal distribution.
    pub expected: f64,
    /// P(as many or more), normal score.
    pub upper_tail: f64,
    /// P(as few or fewer).
    pub lower_tail: f64,
    /// Most people at or below the cut-off under any distribution (Cantelli).
    pub most: f64,
    /// Fewest.
    pub fewest: f64,
}

/// People with a whole score of at most `cut`, of `n` with this mean and SD.
///
/// # Formula
/// Normal: X ~ binomial(n, Phi((cut + 1/2 - m) / sd)). Any distribution (Cantelli): for m > cut at most
/// n s^2 / (s^2 + (m - cut)^2), s^2 = sd^2 (n-1)/n; for m < cut + 1 at least n d^2 / (s^2 + d^2), d = cut + 1 - m.
pub fn implied_events(events: u64, n: u64, mean: f64, sd: f64, cut: f64) -> Option<Implied> {
    let sound = n > 1 && events <= n && sd > 0.0 && [mean, sd, cut].iter().all(|x| x.is_finite());
    if !sound {
        return None;
    }
    let people = n as f64;
    let p = normal::cdf((cut + 0.5 - mean) / sd);
    let variance = sd * sd * (people - 1.0) / people;
    let over = (mean - cut).max(0.0);
    let under = (cut + 1.0 - mean).max(0.0);
    Some(Implied {
        expected: people * p,
        upper_tail: if events == 0 {
            1.0
        } else {
            binomial::sf(events - 1, n, p)
        },
        lower_tail: binomial::cdf(events, n, p),
        most: (people * variance / (variance + over * over)).floor(),
        fewest: (people * under * under / (variance + under * under)).ceil(),
    })
}

impl Implied {
    /// The verdict; `cut_is_generous` looks at one side only: a smaller cut-off gives fewer people.
    pub fn verdict(&self, found: String, events: u64, cut_is_generous: bool) -> Verdict {
        let many = self.upper_tail < RARE || events as f64 > self.most;
        let few = self.lower_tail < RARE || (events as f64) < self.fewest;
        let agrees = !(many || few && !cut_is_generous);
        let allowed = format!(
            "about {} under a normal score, at most {} under any (P of so many {})",
            shown((10.0 * self.expected).round() / 10.0),
            shown(self.most),
            shown(self.upper_tail)
        );
        Verdict::new(Check::ImpliedEvents, agrees, found, allowed)
    }
}

/// Everyone with the narrower event has the wider one.
pub fn nested(narrow: u64, wide: u64, n: u64) -> Verdict {
    let found = format!("{narrow} with the narrower event, {wide} with the wider one, of {n}");
    Verdict::new(Check::Nested, narrow <= wide, found, format!("at most {wide}"))
}

/// The arms are the study.
pub fn arm_sum(arms: &[u64], total: u64) -> Verdict {
    let sum: u64 = arms.iter().fold(0, |sum, n| sum.saturating_add(*n));
    let parts: Vec<String> = arms.iter().map(u64::to_string).collect();
    let found = format!("{} = {sum}, {total} in all", parts.join(" + "));
    Verdict::new(Check::ArmSum, sum == total, found, format!("{sum}"))
}
