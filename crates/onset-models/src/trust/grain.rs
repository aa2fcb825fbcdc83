//! Whole numbers have a grain: which means and SDs a group of a given size can have.

use super::printed::ROOM;
use super::{Check, Printed, Verdict, shown};

/// Sums tried at most; where more fit the rounding, one of them always agrees.
const MOST_SUMS: f64 = 100_000.0;

/// GRIM: is there a whole sum behind a mean?
///
/// # Formula
/// A whole S with S / N in the rounding interval of the mean, N = n x items; says something only when
/// N < 10^decimals.
///
/// # Source
/// Brown & Heathers 2017, Soc Psychol Personal Sci 8:363.
///
/// ```
/// use onset_models::trust::{Printed, Status, grim};
/// let mean = Printed::parse("5.27").unwrap();
/// assert_eq!(grim(mean, 43, 1).status, Status::Inconsistent);
/// ```
pub fn grim(mean: Printed, n: u64, items: u64) -> Verdict {
    let total = n as f64 * items as f64;
    let found = format!("mean {mean}, n {n}");
    if n == 0 || items == 0 {
        return Verdict::silent(Check::Grim, found, "nobody was counted");
    }
    if total >= 10f64.powi(mean.decimals as i32) {
        let why = "every mean with so few decimals is possible in so many people";
        return Verdict::silent(Check::Grim, found, why);
    }
    let agrees = whole_between(mean, total).is_some();
    let (below, above) = ((mean.value * total).floor(), (mean.value * total).ceil());
    let shown = |sum: f64| format!("{:.*}", mean.decimals, sum / total);
    let allowed = format!(
        "{} or {} ({below} or {above} / {total})",
        shown(below),
        shown(above)
    );
    Verdict::new(Check::Grim, agrees, found, allowed)
}

/// First and last whole sum whose mean is printed so.
fn whole_between(mean: Printed, total: f64) -> Option<(f64, f64)> {
    let (low, high) = mean.range();
    let (first, last) = ((low * total).ceil(), (high * total).floor());
    (first <= last).then_some((first, last))
}

/// GRIMMER: are there whole numbers with this mean and this SD?
///
/// # Formula
/// For a whole sum S of the mean: a whole Q of the same parity in
/// [(n-1) low^2 + S^2/n, (n-1) high^2 + S^2/n], low and high the rounding interval of the SD, and Q not below
/// the smallest sum of squares that n whole numbers with sum S have. Scores of `items` items are scaled by it.
///
/// # Source
/// Anaya 2016, PeerJ Preprints 4:e2400; Allard 2018 (analytic GRIMMER).
pub fn grimmer(mean: Printed, sd: Printed, n: u64, items: u64) -> Verdict {
    let found = format!("mean {mean}, SD {sd}, n {n}");
    if n < 2 || items == 0 || sd.value < 0.0 {
        return Verdict::silent(Check::Grimmer, found, "an SD needs two people");
    }
    let (people, items) = (n as f64, items as f64);
    let (low, high) = sd.range();
    let (low, high) = (low.max(0.0) * items, high * items);
    let Some((first, last)) = whole_between(mean, people * items) else {
        let allowed = "no whole numbers have this mean (see grim)".to_owned();
        return Verdict::new(Check::Grimmer, false, found, allowed);
    };
    if last - first > MOST_SUMS {
        return Verdict::silent(Check::Grimmer, found, "too many people for so few decimals");
    }
    let sums = std::iter::successors(Some(first), |sum| Some(sum + 1.0)).take_while(|sum| *sum <= last);
    let squares = |sum: f64, sd: f64| (people - 1.0) * sd * sd + sum * sum / people;
    let fits = |sum: f64| {
        let each = (sum / people).floor();
        let more = sum - each * people;
        let least = more * (each + 1.0).powi(2) + (people - more) * each * each;
        let from = squares(sum, low).max(least);
        let to = squares(sum, high);
        let room = ROOM * to.abs().max(1.0);
        let parity = sum.rem_euclid(2.0);
        let candidate = (from - room).ceil();
        let candidate = if candidate.rem_euclid(2.0) == parity {
            candidate
        } else {
            candidate + 1.0
        };
        candidate <= to + room
    };
    let agrees = sums.clone().any(fits);
    Verdict::new(
        Check::Grimmer,
        agrees,
        found,
        nearest_sds(sums, people, items, sd),
    )
}

/// The possible SDs on both sides of the printed one.
fn nearest_sds(sums: impl Iterator<Item = f64>, n: f64, items: f64, sd: Printed) -> String {
    let (mut below, mut above) = (f64::NEG_INFINITY, f64::INFINITY);
    for sum in sums.take(1000) {
        let wanted = (n - 1.0) * (sd.value * items).powi(2) + sum * sum / n;
        let parity = sum.rem_euclid(2.0);
        let near = 2.0 * ((wanted - parity) / 2.0).floor() + parity;
        for square in [near, near + 2.0] {
            let variance = (square - sum * sum / n) / (n - 1.0);
            if variance >= 0.0 {
                let possible = variance.sqrt() / items;
                if possible <= sd.value {
                    below = below.max(possible);
                } else {
                    above = above.min(possible);
                }
            }
        }
    }
    let sides: Vec<String> = [below, above]
        .into_iter()
        .filter(|x| x.is_finite())
        .map(shown)
        .collect();
    format!("SD {}", sides.join(" or "))
}

/// DEBIT: SD of a yes-no variable.
///
/// # Formula
/// sd = sqrt(n p (1 - p) / (n - 1)) for a share p = k / n, k whole, that is printed so.
///
/// # Source
/// Heathers & Brown 2019, DEBIT: a simple consistency test for binary data.
pub fn debit(share: Printed, sd: Printed, n: u64) -> Verdict {
    let found = format!("share {share}, SD {sd}, n {n}");
    if n < 2 || !(0.0..=1.0).contains(&share.value) {
        return Verdict::silent(
            Check::Debit,
            found,
            "needs a share between 0 and 1 of two people or more",
        );
    }
    let people = n as f64;
    let spread = |p: f64| (people * p * (1.0 - p) / (people - 1.0)).max(0.0).sqrt();
    let Some((first, last)) = whole_between(share, people) else {
        let allowed = "no whole number of people is this share".to_owned();
        return Verdict::new(Check::Debit, false, found, allowed);
    };
    let (low, high) = sd.range();
    let counts = std::iter::successors(Some(first), |k| Some(k + 1.0)).take_while(|k| *k <= last);
    let mut counts = counts
        .take(MOST_SUMS as usize)
        .map(|k| spread((k / people).clamp(0.0, 1.0)));
    let agrees = counts.any(|sd| (low..=high).contains(&sd));
    Verdict::new(
        Check::Debit,
        agrees,
        found,
        format!("SD {}", shown(spread(share.value))),
    )
}
