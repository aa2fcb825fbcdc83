//! Rules between the numbers of one row.

use super::sheet::Sheet;
use crate::evidence::{BlindingGuess, Observation};

/// An interval runs upwards and holds its estimate.
pub(super) fn interval(
    row: &mut Sheet,
    column: &str,
    estimate: Option<f64>,
    low: Option<f64>,
    high: Option<f64>,
) {
    if let (Some(low), Some(high)) = (low, high)
        && low > high
    {
        let finding = row
            .error(
                "interval_reversed",
                "ci_low",
                "the lower limit is above the upper one",
            )
            .allowed(format!("at most {high} (ci_high)"))
            .hint("are ci_low and ci_high swapped, or is a minus sign missing?");
        return row.push(finding);
    }
    let Some(estimate) = estimate else { return };
    if low.is_some_and(|low| estimate < low) || high.is_some_and(|high| estimate > high) {
        let limit = |x: Option<f64>| x.map_or_else(|| "?".to_owned(), |x| x.to_string());
        let finding = row
            .error(
                "estimate_outside_interval",
                column,
                "the estimate lies outside its own interval",
            )
            .allowed(format!("{} to {} (ci_low to ci_high)", limit(low), limit(high)))
            .hint("is a minus sign missing, or a column shifted?");
        row.push(finding);
    }
}

/// min <= q1 <= median <= q3 <= max, whichever are there.
pub(super) fn quantiles(row: &mut Sheet, o: &Observation) {
    let named = [
        ("min", o.min),
        ("q1", o.q1),
        ("median", o.median),
        ("q3", o.q3),
        ("max", o.max),
    ];
    let present: Vec<(&str, f64)> = named.iter().filter_map(|(c, x)| x.map(|x| (*c, x))).collect();
    for pair in present.windows(2) {
        if let [(before, low), (column, high)] = pair
            && low > high
        {
            let finding = row
                .error("quantiles_out_of_order", column, "the quantiles are out of order")
                .allowed(format!("at least {low} ({before})"))
                .hint("are two columns swapped?");
            row.push(finding);
        }
    }
}

/// No more events than people; the printed percentage is theirs.
pub(super) fn events(row: &mut Sheet, events: Option<u64>, n: Option<u64>, percent: Option<f64>) {
    let (Some(events), Some(n)) = (events, n) else {
        return;
    };
    if events > n {
        let finding = row
            .error("events_above_n", "events", "there are more events than people")
            .allowed(format!("at most {n} (n)"))
            .hint("are the columns events and n swapped?");
        return row.push(finding);
    }
    let Some(percent) = percent else { return };
    let computed = 100.0 * events as f64 / n as f64;
    if (computed - percent).abs() > rounding(row.raw("percent")) {
        let finding = row
            .warning(
                "percent_mismatch",
                "percent",
                "the percentage is not events divided by n",
            )
            .allowed(format!("{computed:.2} ({events} of {n})"))
            .hint("is the percentage printed of another number of people?");
        row.push(finding);
    }
}

/// Half a unit of the last digit printed, with room for the error of the division.
fn rounding(printed: &str) -> f64 {
    const ROOM: f64 = 1e-9;
    let decimals = printed.split_once('.').map_or(0, |(_, digits)| digits.len());
    0.5 * 10f64.powi(-i32::try_from(decimals.min(15)).unwrap_or(15)) + ROOM
}

/// An observation should hold a number.
pub(super) fn something(row: &mut Sheet, o: &Observation) {
    let any = o.mean.is_some() || o.median.is_some() || o.events.is_some() || o.percent.is_some();
    if !any {
        let finding = row
            .warning(
                "no_number",
                "statistic",
                "the row holds no mean, median, events or percentage",
            )
            .hint("it cannot be used; is a column shifted?");
        row.push(finding);
    }
}

/// The guesses are those of the people asked.
pub(super) fn guesses(row: &mut Sheet, g: &BlindingGuess) {
    let parts = [
        ("guessed_active", g.guessed_active),
        ("guessed_control", g.guessed_control),
        ("dont_know", g.dont_know),
    ];
    let Some(n) = g.n else { return };
    let sum: u64 = parts.iter().filter_map(|(_, count)| *count).sum();
    let complete = parts.iter().all(|(_, count)| count.is_some());
    if sum > n {
        let finding = row
            .error("guesses_above_n", "n", "there are more guesses than people")
            .allowed(format!(
                "at least {sum} (guessed_active + guessed_control + dont_know)"
            ));
        row.push(finding);
    } else if complete && sum < n {
        let finding = row
            .warning("guesses_below_n", "n", "the guesses are fewer than the people")
            .allowed(format!("{sum} (guessed_active + guessed_control + dont_know)"));
        row.push(finding);
    }
}
