//! All checks of a table of printed numbers.

use super::{Check, shown};
use super::{
    Printed, PrintedP, Scale, Verdict, arm_sum, change_sd, debit, duplicates, grim, grimmer, implied_events,
    interval, nested, p_value, percent, scale_bounds, spread, standard_error,
};
use std::collections::BTreeMap;

/// The printed numbers of one row; what is not there is not checked.
#[derive(Debug, Clone, Default, PartialEq)]
#[allow(missing_docs)] // fields are the numbers their names say
pub struct Row {
    pub mean: Option<Printed>,
    pub sd: Option<Printed>,
    pub sd_baseline: Option<Printed>,
    pub sd_change: Option<Printed>,
    pub se: Option<Printed>,
    pub n: Option<u64>,
    pub items: Option<u64>,
    pub events: Option<u64>,
    /// People with a wider event, of whom `events` are a part.
    pub events_within: Option<u64>,
    pub percent: Option<Printed>,
    pub estimate: Option<Printed>,
    pub ci_low: Option<Printed>,
    pub ci_high: Option<Printed>,
    pub p: Option<PrintedP>,
    /// Rows of one group (a study) are its arms.
    pub group: Option<String>,
    /// People of the whole group.
    pub total: Option<u64>,
}

/// What is known about the numbers of a table.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Options {
    /// Scores are whole numbers (GRIM, GRIMMER); default true.
    pub whole: bool,
    /// Means are shares of a yes-no variable (DEBIT instead); default false.
    pub binary: bool,
    /// Lowest and highest score.
    pub range: Option<(f64, f64)>,
    /// Estimates are ratios; default false.
    pub ratio: bool,
    /// Level of the intervals; default 0.95.
    pub level: f64,
    /// `events` are the people with a score of at most this.
    pub cut: Option<f64>,
}

impl Default for Options {
    fn default() -> Self {
        Options {
            whole: true,
            binary: false,
            range: None,
            ratio: false,
            level: 0.95,
            cut: None,
        }
    }
}

/// Every check whose numbers are there: row (from 0) and verdict, row by row.
pub fn check_rows(rows: &[Row], options: &Options) -> Vec<(usize, Verdict)> {
    let mut all: Vec<(usize, Verdict)> = Vec::new();
    for (position, row) in rows.iter().enumerate() {
        all.extend(
            one_row(row, options)
                .into_iter()
                .map(|verdict| (position, verdict)),
        );
    }
    all.extend(together(rows));
    all.sort_by_key(|(position, verdict)| (*position, verdict.check));
    all
}

fn one_row(row: &Row, options: &Options) -> Vec<Verdict> {
    let mut all = Vec::new();
    let scale = if options.ratio { Scale::Log } else { Scale::Natural };
    let items = row.items.unwrap_or(1);
    if let (Some(mean), Some(n)) = (row.mean, row.n) {
        match (options.binary, row.sd) {
            (true, Some(sd)) => all.push(debit(mean, sd, n)),
            (true, None) => {}
            (false, sd) if options.whole => {
                all.push(grim(mean, n, items));
                all.extend(sd.map(|sd| grimmer(mean, sd, n, items)));
            }
            _ => {}
        }
    }
    if let (Some(mean), Some((low, high))) = (row.mean, options.range) {
        all.push(scale_bounds(mean, row.sd, row.n, low, high));
    }
    if let (Some(before), Some(after), Some(change)) = (row.sd_baseline, row.sd, row.sd_change) {
        all.push(change_sd(before, after, change));
    }
    if let (Some(low), Some(high)) = (row.ci_low, row.ci_high) {
        all.extend(row.estimate.map(|e| interval(e, low, high, scale)));
        all.extend(
            row.se
                .map(|se| standard_error(se, low, high, options.level, scale)),
        );
        all.extend(
            row.estimate
                .zip(row.p)
                .map(|(e, p)| p_value(p, e, low, high, options.level, scale)),
        );
    }
    if let (Some(printed), Some(events), Some(n)) = (row.percent, row.events, row.n) {
        all.push(percent(printed, events, n));
    }
    if let (Some(events), Some(wider)) = (row.events, row.events_within) {
        all.push(nested(events, wider, row.n.unwrap_or(wider)));
    }
    if let (Some(events), Some(n), Some(mean), Some(sd), Some(cut)) =
        (row.events, row.n, row.mean, row.sd, options.cut)
        && let Some(implied) = implied_events(events, n, mean.value, sd.value, cut)
    {
        let found = format!("{events} of {n} at or below {}, mean {mean}, SD {sd}", shown(cut));
        all.push(implied.verdict(found, events, false));
    }
    all
}

/// Checks across rows: SDs, arm sums, rows that stand twice.
fn together(rows: &[Row]) -> Vec<(usize, Verdict)> {
    let mut all = Vec::new();
    let with: Vec<(usize, (f64, u64))> = rows
        .iter()
        .enumerate()
        .filter_map(|(position, row)| Some((position, (row.sd?.value, row.n?))))
        .collect();
    let pairs: Vec<(f64, u64)> = with.iter().map(|(_, pair)| *pair).collect();
    all.extend(with.iter().map(|(position, _)| *position).zip(spread(&pairs)));
    let mut groups: BTreeMap<&str, Vec<(usize, &Row)>> = BTreeMap::new();
    for (position, row) in rows.iter().enumerate() {
        if let Some(group) = row.group.as_deref() {
            groups.entry(group).or_default().push((position, row));
        }
    }
    for arms in groups.values() {
        let sizes: Option<Vec<u64>> = arms.iter().map(|(_, row)| row.n).collect();
        let total = arms.iter().find_map(|(_, row)| row.total);
        if let (Some(sizes), Some(total), Some((position, _))) = (sizes, total, arms.first()) {
            all.push((*position, arm_sum(&sizes, total)));
        }
    }
    let cells: Vec<Vec<String>> = rows.iter().map(cells).collect();
    for (later, earlier) in duplicates(&cells) {
        let found = format!("the same numbers as row {}", earlier + 1);
        all.push((
            later,
            Verdict::new(Check::Duplicate, false, found, "numbers of its own".to_owned()),
        ));
    }
    all
}

fn cells(row: &Row) -> Vec<String> {
    let printed = |x: Option<Printed>| x.map_or_else(String::new, |x| x.to_string());
    let whole = |x: Option<u64>| x.map_or_else(String::new, |x| x.to_string());
    vec![
        whole(row.n),
        printed(row.mean),
        printed(row.sd),
        printed(row.se),
        whole(row.events),
        printed(row.percent),
        printed(row.estimate),
        printed(row.ci_low),
        printed(row.ci_high),
    ]
}
