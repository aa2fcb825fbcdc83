//! One trial's ratio from whatever is printed about it.

use super::{LastingEntry, LastingSide, OtherRoute};
use crate::answers::Interval;
use crate::protocol::{DurabilityEntry, DurabilityGroup, Estimand};
use onset_data::RowId;
use onset_data::evidence::{Durability, Evidence};
use onset_models::survival::{HazardRatio, Information, Printed, hazard_ratio};

/// Level of printed intervals; `durability.csv` has no column for another.
const PRINTED_LEVEL: f64 = 0.95;

/// An entry with its ratio, or why there is none.
pub(super) fn entry(
    evidence: &Evidence,
    group: &DurabilityGroup,
    declared: &DurabilityEntry,
    level: f64,
) -> LastingEntry {
    let find = |text: &String| {
        let id: Option<RowId> = text.parse().ok();
        evidence.durability.iter().find(|r| id.as_ref() == Some(&r.row))
    };
    let all = |rows: &[String]| -> Vec<&Durability> { rows.iter().filter_map(find).collect() };
    let (treatment, control) = (all(&declared.treatment), all(&declared.control));
    let printed = declared.hazard_ratio.as_ref().and_then(find);
    let any = treatment.iter().chain(&control).copied().chain(printed);
    let rows: Vec<RowId> = any.clone().map(|r| r.row.clone()).collect();
    let (treatment, control) = (side(&treatment), side(&control));
    let found = ratios(group, declared, printed, &treatment, &control);
    let mut out = LastingEntry {
        study: declared.study.clone(),
        label: evidence
            .study(&declared.study)
            .map_or_else(|| declared.study.clone(), |s| s.label.clone()),
        part: declared.part.clone(),
        follow_up: any.clone().find_map(|r| r.follow_up.clone()).unwrap_or_default(),
        days: any.clone().find_map(|r| r.time_days),
        treatment,
        control,
        ratio: None,
        log_ratio: None,
        se: None,
        route: None,
        others: Vec::new(),
        why_not: None,
        rows,
        protocol: vec![format!("durability.group.{}", group.id), "model.level".to_owned()],
    };
    match found {
        Ok(list) => {
            let mut list = list.into_iter();
            if let Some(first) = list.next() {
                out.ratio = Some(as_printed(printed, level).unwrap_or_else(|| interval(&first, level)));
                (out.log_ratio, out.se) = (Some(first.ln_hr), Some(first.standard_error));
                out.route = Some(in_words(first.route).to_owned());
            }
            out.others = list
                .map(|other| OtherRoute {
                    route: in_words(other.route).to_owned(),
                    ratio: interval(&other, level),
                })
                .collect();
        }
        Err(why) => out.why_not = Some(why),
    }
    out
}

fn interval(ratio: &HazardRatio, level: f64) -> Interval {
    let (lower, upper) = ratio.interval(level);
    Interval {
        value: ratio.ln_hr.exp(),
        lower,
        upper,
    }
}

/// A printed ratio keeps its printed limits, where they are of the level that is shown.
fn as_printed(row: Option<&Durability>, level: f64) -> Option<Interval> {
    let row = row.filter(|_| level == PRINTED_LEVEL)?;
    Some(Interval {
        value: row.estimate?,
        lower: row.ci_low?,
        upper: row.ci_high?,
    })
}

fn side(rows: &[&Durability]) -> LastingSide {
    let counted: Vec<&Durability> = rows.iter().copied().filter(|r| !is_median(r)).collect();
    LastingSide {
        events: counted.iter().find_map(|r| r.events),
        n: counted.iter().find_map(|r| r.n),
        percent: counted.iter().find_map(|r| r.percent),
        median_days: rows.iter().find(|r| is_median(r)).and_then(|r| r.estimate),
        rows: rows.iter().map(|r| r.row.clone()).collect(),
    }
}

fn is_median(row: &Durability) -> bool {
    row.measure.to_lowercase().starts_with("median")
}

/// Ratios by every route that the printed numbers allow, the preferred one first.
fn ratios(
    group: &DurabilityGroup,
    declared: &DurabilityEntry,
    printed: Option<&Durability>,
    treatment: &LastingSide,
    control: &LastingSide,
) -> Result<Vec<HazardRatio>, String> {
    if group.estimand == Estimand::Sustained {
        return risk_ratio(treatment, control).map(|ratio| vec![ratio]);
    }
    let mut list = Vec::new();
    if let Some(row) = printed {
        let (Some(hr), Some(lower), Some(upper)) = (row.estimate, row.ci_low, row.ci_high) else {
            return Err("The hazard ratio is printed without its interval.".to_owned());
        };
        let ratio = hazard_ratio(&Printed::Interval {
            hr,
            lower,
            upper,
            level: PRINTED_LEVEL,
        });
        list.push(ratio.map_err(|e| format!("{e}."))?);
    }
    if let (Some(p), Some(a), Some(c)) = (declared.log_rank_p, treatment.events, control.events) {
        let printed = Printed::PAndEvents {
            p,
            information: Information::PerArm {
                active: a as f64,
                control: c as f64,
            },
            favours_active: rate(treatment) < rate(control),
        };
        list.push(hazard_ratio(&printed).map_err(|e| format!("{e}."))?);
    }
    if list.is_empty() {
        Err(nothing(declared, treatment, control))
    } else {
        Ok(list)
    }
}

/// Share with the event: which arm did better.
fn rate(side: &LastingSide) -> f64 {
    let counted = side.events.zip(side.n).map(|(e, n)| e as f64 / n as f64);
    counted
        .or(side.percent.map(|p| p / 100.0))
        .or(side.events.map(|e| e as f64))
        .unwrap_or(f64::NAN)
}

/// Risk ratio of counts: var(ln RR) = 1/a - 1/n1 + 1/c - 1/n2.
fn risk_ratio(treatment: &LastingSide, control: &LastingSide) -> Result<HazardRatio, String> {
    let counts = (treatment.events, treatment.n, control.events, control.n);
    let (Some(a), Some(n1), Some(c), Some(n2)) = counts else {
        return Err("Events and people of both arms are not printed.".to_owned());
    };
    if a == 0 || c == 0 || a > n1 || c > n2 {
        return Err("An arm without events gives no ratio.".to_owned());
    }
    let (a, n1, c, n2) = (a as f64, n1 as f64, c as f64, n2 as f64);
    let variance = 1.0 / a - 1.0 / n1 + 1.0 / c - 1.0 / n2;
    if variance <= 0.0 {
        return Err("Everyone had the event: the ratio has no spread.".to_owned());
    }
    Ok(HazardRatio {
        route: "counts",
        ln_hr: (a / n1).ln() - (c / n2).ln(),
        standard_error: variance.sqrt(),
    })
}

/// What is missing for a hazard ratio, in words.
fn nothing(declared: &DurabilityEntry, treatment: &LastingSide, control: &LastingSide) -> String {
    let events = treatment.events.is_some() && control.events.is_some();
    let medians = treatment.median_days.is_some() && control.median_days.is_some();
    match (events, declared.log_rank_p.is_some(), medians) {
        (true, false, _) => {
            "Events are printed, but neither a hazard ratio nor a log-rank test: how early they happened is not known."
        }
        (false, true, _) => {
            "A p value of the comparison is printed, but no events: its size cannot be worked back."
        }
        (false, false, true) => "Medians alone: without events a hazard ratio would have no interval.",
        (false, false, false) => {
            "Percentages without numbers of people or a hazard ratio: no interval can be worked back."
        }
        (true, true, _) => "No route to a hazard ratio.",
    }
    .to_owned()
}

fn in_words(route: &str) -> &'static str {
    match route {
        "hr_and_interval" => "printed hazard ratio and interval",
        "p_and_events" => "events and the log-rank p value",
        _ => "events and people",
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]
mod tests {
    use super::*;

    #[test]
    fn counts_by_hand() {
        let side = |events, n| LastingSide {
            events: Some(events),
            n: Some(n),
            ..LastingSide::default()
        };
        // 73/336 over 48/340: ratio 1.5389, se sqrt(1/73 - 1/336 + 1/48 - 1/340).
        let found = risk_ratio(&side(73, 336), &side(48, 340)).unwrap();
        assert!((found.ln_hr - (73.0f64 * 340.0 / (336.0 * 48.0)).ln()).abs() < 1e-14);
        assert!(
            (found.standard_error - 0.169_158_5).abs() < 1e-6,
            "{}",
            found.standard_error
        );
        assert!(risk_ratio(&side(0, 336), &side(48, 340)).is_err());
        assert!(risk_ratio(&side(336, 336), &side(340, 340)).is_err());
        assert!(risk_ratio(&LastingSide::default(), &side(48, 340)).is_err());
    }
}
