//! What a scale and three SDs allow.

use super::{Check, Printed, Verdict, shown};

/// Mean and SD of a score from `low` to `high`.
///
/// # Formula
/// low <= m <= high; sd <= sqrt((m - low)(high - m) n / (n - 1)), taken at the mean within its rounding that
/// allows most.
pub fn scale_bounds(mean: Printed, sd: Option<Printed>, n: Option<u64>, low: f64, high: f64) -> Verdict {
    let found = format!(
        "mean {mean}{}",
        sd.map_or_else(String::new, |sd| format!(", SD {sd}"))
    );
    let (least, most) = mean.range();
    if most < low || least > high {
        let allowed = format!("a mean from {} to {}", shown(low), shown(high));
        return Verdict::new(Check::ScaleBounds, false, found, allowed);
    }
    let (Some(sd), Some(n)) = (sd, n.filter(|n| *n > 1)) else {
        let allowed = format!("a mean from {} to {}", shown(low), shown(high));
        return Verdict::new(Check::ScaleBounds, true, found, allowed);
    };
    let at = (0.5 * (low + high)).clamp(least.max(low), most.min(high));
    let people = n as f64;
    let largest = ((at - low) * (high - at) * people / (people - 1.0))
        .max(0.0)
        .sqrt();
    let allowed = format!(
        "an SD of at most {} on a scale from {} to {}",
        shown(largest),
        shown(low),
        shown(high)
    );
    Verdict::new(Check::ScaleBounds, sd.range().0 <= largest, found, allowed)
}

/// SD of the change from before and after: |s0 - s1| <= s <= s0 + s1, a correlation between -1 and 1.
pub fn change_sd(before: Printed, after: Printed, change: Printed) -> Verdict {
    let found = format!("SD before {before}, after {after}, of the change {change}");
    let ((b0, b1), (a0, a1), (c0, c1)) = (before.range(), after.range(), change.range());
    let smallest = (b0 - a1).max(a0 - b1).max(0.0);
    let agrees = c1 >= smallest && c0 <= b1 + a1;
    let (s0, s1) = (before.value, after.value);
    let allowed = format!("{} to {}", shown((s0 - s1).abs()), shown(s0 + s1));
    Verdict::new(Check::ChangeSd, agrees, found, allowed)
}
