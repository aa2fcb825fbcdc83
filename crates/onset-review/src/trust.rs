//! Number checks of a review: printed numbers held against each other, row by row and row against row.
//!
//! Every finding is a warning in neutral words: numbers that do not agree may be typed, rounded, of other
//! people or from a model. None changes a result.

use crate::protocol::{Outcome, OutcomeKind, Protocol};
use onset_data::evidence::{Arm, Contrast, Evidence, Observation, Period, Statistic, Study, Timing};
use onset_data::{Diagnostic, RowId, Table};
use onset_models::trust::{
    Printed, PrintedP, Scale, Verdict, change_sd, debit, grim, grimmer, implied_events, implied_n, interval,
    nested, p_value, scale_bounds, spread, standard_error,
};
use std::collections::BTreeMap;

/// Relative difference by which a printed, unadjusted comparison may differ from its arms' numbers.
const CRUDE_ROOM: f64 = 0.05;

/// The tables as text, for the decimals that were printed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Texts<'t> {
    /// `observations.csv`.
    pub observations: Option<&'t Table>,
    /// `contrasts.csv`.
    pub contrasts: Option<&'t Table>,
}

/// Every number check that the rows allow, in the order of the rows.
pub fn number_checks(protocol: &Protocol, evidence: &Evidence, texts: Texts<'_>) -> Vec<Diagnostic> {
    let checks = Checks {
        protocol,
        evidence,
        observations: Printing::new(texts.observations),
        contrasts: Printing::new(texts.contrasts),
        arms: evidence
            .arms
            .iter()
            .map(|arm| ((arm.study_id.as_str(), arm.id.as_str()), arm))
            .collect(),
        found: Vec::new(),
    };
    checks.all()
}

/// Cells of a table by line and column.
struct Printing<'t> {
    table: Option<&'t Table>,
    rows: BTreeMap<u64, usize>,
}

impl<'t> Printing<'t> {
    fn new(table: Option<&'t Table>) -> Self {
        let rows = table.map_or_else(BTreeMap::new, |table| {
            (0..table.rows()).map(|row| (table.line(row), row)).collect()
        });
        Printing { table, rows }
    }

    fn text(&self, row: &RowId, column: &str) -> Option<&'t str> {
        let table = self.table?;
        let position = table.headers().iter().position(|header| header == column)?;
        Some(table.cell(*self.rows.get(&row.line)?, position).trim())
    }

    fn number(&self, row: &RowId, column: &str) -> Option<Printed> {
        Printed::parse(self.text(row, column)?)
    }
}

struct Checks<'a> {
    protocol: &'a Protocol,
    evidence: &'a Evidence,
    observations: Printing<'a>,
    contrasts: Printing<'a>,
    arms: BTreeMap<(&'a str, &'a str), &'a Arm>,
    found: Vec<Diagnostic>,
}

/// Arm, outcome, time, set and period of an observation.
type Visit<'a> = (
    &'a str,
    &'a str,
    &'a str,
    Option<u64>,
    Option<&'a str>,
    Option<Period>,
);

fn visit<'a>(o: &'a Observation, outcome: &'a str) -> Visit<'a> {
    let time = (o.timing == Timing::Hours).then(|| o.time_hours.unwrap_or(-1.0).to_bits());
    (&o.study_id, &o.arm_id, outcome, time, o.set.as_deref(), o.period)
}

impl<'a> Checks<'a> {
    fn all(mut self) -> Vec<Diagnostic> {
        let evidence = self.evidence;
        for observation in &evidence.observations {
            self.observation(observation);
        }
        self.counts();
        self.changes();
        self.spreads();
        self.same_numbers();
        for contrast in &evidence.contrasts {
            self.contrast(contrast);
        }
        for study in &evidence.studies {
            self.arm_sum(study);
        }
        self.found
            .sort_by(|a, b| (&a.file, a.line).cmp(&(&b.file, b.line)));
        self.found
    }

    fn tell(&mut self, row: &RowId, study: &str, column: &str, verdict: Verdict, message: &str, hint: &str) {
        if !verdict.inconsistent() {
            return;
        }
        let number = verdict
            .check
            .inspect_sr()
            .map_or_else(String::new, |n| format!(" (INSPECT-SR {n})"));
        let code = format!("check_{}", verdict.check.code());
        self.found.push(
            Diagnostic::warning(&code, format!("{message}{number}"))
                .file(&row.file)
                .line(row.line)
                .study(study)
                .column(column)
                .found(verdict.found)
                .allowed(verdict.allowed)
                .hint(hint),
        );
    }

    fn outcome(&self, id: &str) -> Option<&'a Outcome> {
        self.protocol.outcome.iter().find(|outcome| outcome.id == id)
    }

    /// Means and SDs of one row: grain and scale.
    fn observation(&mut self, o: &Observation) {
        let print = |column| self.observations.number(&o.row, column);
        let (mean, sd) = (print("mean"), print("sd"));
        let Some(mean) = mean else { return };
        let Some(outcome) = self.outcome(&o.outcome) else {
            return;
        };
        if outcome.kind == OutcomeKind::Binary {
            if let (Some(sd), Some(n)) = (sd, o.n) {
                let hint = "is n the number of people behind the share?";
                let message = "the SD does not agree with the share";
                self.tell(&o.row, &o.study_id, "sd", debit(mean, sd, n), message, hint);
            }
            return;
        }
        let scale = outcome
            .scales
            .iter()
            .find(|scale| Some(scale.id.as_str()) == o.scale.as_deref());
        let raw = o.statistic != Statistic::LsmeanChange;
        let whole = scale.and_then(|scale| scale.step) == Some(1.0);
        if let (Some(n), true) = (o.n, raw && whole) {
            let hint = "is n another number of people, or the mean one of a model?";
            let verdict = grim(mean, n, 1);
            let sound = !verdict.inconsistent();
            self.tell(
                &o.row,
                &o.study_id,
                "mean",
                verdict,
                "the mean does not agree with n whole scores",
                hint,
            );
            if let (Some(sd), true) = (sd, sound) {
                let message = "the SD does not agree with n whole scores of this mean";
                self.tell(&o.row, &o.study_id, "sd", grimmer(mean, sd, n, 1), message, hint);
            }
        }
        if let Some([low, high]) = scale.and_then(|scale| scale.range) {
            let change = matches!(o.statistic, Statistic::Change | Statistic::LsmeanChange);
            let (low, high) = if change {
                (low - high, high - low)
            } else {
                (low, high)
            };
            let sd = sd.filter(|_| raw);
            let hint = "is it another scale, a change score, or a slip of the pen?";
            let verdict = scale_bounds(mean, sd, o.n, low, high);
            self.tell(
                &o.row,
                &o.study_id,
                "mean",
                verdict,
                "the numbers do not agree with the scale",
                hint,
            );
        }
    }

    /// Counts held against percentages, wider events, and the scores they are counted from.
    fn counts(&mut self) {
        let evidence = self.evidence;
        let mut by_visit: BTreeMap<Visit<'a>, &'a Observation> = BTreeMap::new();
        for o in &evidence.observations {
            if !matches!(
                o.statistic,
                Statistic::Baseline | Statistic::Change | Statistic::LsmeanChange
            ) {
                by_visit.entry(visit(o, &o.outcome)).or_insert(o);
            }
        }
        for o in &evidence.observations {
            let Some(events) = o.events else { continue };
            self.percent_of_whom(o, events);
            let (Some(outcome), Some(n)) = (self.outcome(&o.outcome), o.n) else {
                continue;
            };
            if let Some(wide) = outcome
                .within
                .as_deref()
                .and_then(|wider| by_visit.get(&visit(o, wider)))
                && let (Some(more), true) = (wide.events, wide.n == o.n)
            {
                let message = format!(
                    "more people have '{}' than '{}' ({})",
                    o.outcome, wide.outcome, wide.row
                );
                let hint = "are the two counted from different baselines or cut-offs?";
                self.tell(
                    &o.row,
                    &o.study_id,
                    "events",
                    nested(events, more, n),
                    &message,
                    hint,
                );
            }
            let Some(cut) = &outcome.cut else { continue };
            let scores = by_visit
                .get(&visit(o, &cut.outcome))
                .filter(|s| s.scale.as_deref() == Some(&cut.scale));
            if let Some((scores, (mean, sd))) = scores.and_then(|s| Some((s, s.mean.zip(s.sd)?)))
                && let Some(implied) = implied_events(events, n, mean, sd, cut.at_most)
            {
                let found = format!(
                    "{events} of {n}; {} {mean} (SD {sd}) in {}",
                    cut.scale, scores.row
                );
                let message = format!(
                    "the count does not agree with the mean and SD and a cut-off of {}",
                    cut.at_most
                );
                let hint = "is the cut-off higher, the score skewed, or a number of another visit?";
                self.tell(
                    &o.row,
                    &o.study_id,
                    "events",
                    implied.verdict(found, events, true),
                    &message,
                    hint,
                );
            }
        }
    }

    /// A count and a percentage without n say how many people there were; are those the arm's?
    fn percent_of_whom(&mut self, o: &Observation, events: u64) {
        let Some(percent) = self
            .observations
            .number(&o.row, "percent")
            .filter(|_| o.n.is_none())
        else {
            return;
        };
        let arm = self.arms.get(&(o.study_id.as_str(), o.arm_id.as_str())).copied();
        let size = arm.and_then(|arm| arm.n_randomised.or(arm.n_treated));
        if let (Some((least, most)), Some(size)) = (implied_n(percent, events), size)
            && !(least..=most).contains(&size)
        {
            let message = "events and percentage do not agree with the size of the arm (INSPECT-SR 4.6)";
            let people = if least == most {
                least.to_string()
            } else {
                format!("{least} to {most}")
            };
            self.found.push(
                Diagnostic::warning("check_implied_n", message)
                    .file(&o.row.file)
                    .line(o.row.line)
                    .study(&o.study_id)
                    .column("percent")
                    .found(format!("{events} events, {percent} %: {people} people"))
                    .allowed(format!("{size} people in arm '{}'", o.arm_id))
                    .hint("were some not analysed, or are the denominators of two arms swapped?"),
            );
        }
    }

    /// SDs before, after and of the change.
    fn changes(&mut self) {
        let evidence = self.evidence;
        let mut baselines: BTreeMap<(&str, &str, &str, Option<&str>), &Observation> = BTreeMap::new();
        let mut endpoints: BTreeMap<(Visit<'a>, Option<&str>), &Observation> = BTreeMap::new();
        for o in &evidence.observations {
            let scale = o.scale.as_deref();
            match o.statistic {
                Statistic::Baseline => {
                    baselines
                        .entry((&o.study_id, &o.arm_id, &o.outcome, scale))
                        .or_insert(o);
                }
                Statistic::Endpoint => {
                    endpoints.entry((visit(o, &o.outcome), scale)).or_insert(o);
                }
                _ => {}
            }
        }
        for o in evidence
            .observations
            .iter()
            .filter(|o| o.statistic == Statistic::Change)
        {
            let scale = o.scale.as_deref();
            let before = baselines.get(&(o.study_id.as_str(), o.arm_id.as_str(), o.outcome.as_str(), scale));
            let after = endpoints.get(&(visit(o, &o.outcome), scale));
            let (Some(before), Some(after)) = (before, after) else {
                continue;
            };
            let sd = |row: &RowId| self.observations.number(row, "sd");
            if let (Some(s0), Some(s1), Some(s)) = (sd(&before.row), sd(&after.row), sd(&o.row))
                && before.n == o.n
                && after.n == o.n
            {
                let message = format!(
                    "the SD of the change does not agree with those of {} and {}",
                    before.row, after.row
                );
                let hint = "a correlation between -1 and 1 is needed; is one of them a standard error?";
                self.tell(&o.row, &o.study_id, "sd", change_sd(s0, s1, s), &message, hint);
            }
        }
    }

    /// SDs of one scale and statistic: is one of them a standard error?
    fn spreads(&mut self) {
        let evidence = self.evidence;
        let mut kinds: BTreeMap<(&str, &str, u8), Vec<&Observation>> = BTreeMap::new();
        for o in &evidence.observations {
            let kind = match o.statistic {
                Statistic::Baseline => 0,
                Statistic::Endpoint => 1,
                Statistic::Change => 2,
                Statistic::LsmeanChange | Statistic::Count => continue,
            };
            if let (Some(scale), Some(_), Some(_)) = (o.scale.as_deref(), o.sd, o.n) {
                kinds.entry((&o.outcome, scale, kind)).or_default().push(o);
            }
        }
        for rows in kinds.into_values() {
            let pairs: Vec<(f64, u64)> = rows.iter().filter_map(|o| o.sd.zip(o.n)).collect();
            for (o, verdict) in rows.iter().zip(spread(&pairs)) {
                let message = "the SD does not agree with the other SDs of this scale: it has the size of a standard error, or the reverse";
                let hint = "does the source say SD, SE, or an interval?";
                self.tell(&o.row, &o.study_id, "sd", verdict, message, hint);
            }
        }
    }

    /// The same n, mean and SD in two arms of one study and outcome.
    fn same_numbers(&mut self) {
        let evidence = self.evidence;
        let mut first: BTreeMap<(&str, &str, String), &Observation> = BTreeMap::new();
        for o in &evidence.observations {
            let text = |column| self.observations.text(&o.row, column).unwrap_or_default();
            let (n, mean, sd, se) = (text("n"), text("mean"), text("sd"), text("se"));
            if n.is_empty() || mean.is_empty() || (sd.is_empty() && se.is_empty()) {
                continue;
            }
            let key = (
                o.study_id.as_str(),
                o.outcome.as_str(),
                [n, mean, sd, se].join("|"),
            );
            let Some(earlier) = first
                .get(&key)
                .filter(|earlier| earlier.arm_id != o.arm_id || earlier.set == o.set)
            else {
                first.entry(key).or_insert(o);
                continue;
            };
            let message = format!("the row has the numbers of {}", earlier.row);
            self.found.push(
                Diagnostic::warning("check_duplicate", message)
                    .file(&o.row.file)
                    .line(o.row.line)
                    .study(&o.study_id)
                    .column("mean")
                    .found(format!("n {n}, mean {mean}"))
                    .allowed("numbers of its own")
                    .hint("was a row copied?"),
            );
        }
    }

    /// Estimate, interval, standard error and p value of a printed comparison; then its arms.
    fn contrast(&mut self, c: &Contrast) {
        let print = |column| self.contrasts.number(&c.row, column);
        let ratio = matches!(c.measure.as_str(), "OR" | "RR" | "HR" | "IRR" | "ROM");
        let scale = if ratio { Scale::Log } else { Scale::Natural };
        let (estimate, low, high) = (print("estimate"), print("ci_low"), print("ci_high"));
        let se = print("se");
        let hint = "an exact, adaptive or bootstrap interval need not agree; is a minus sign missing or are digits turned?";
        if let (Some(l), Some(h)) = (low, high) {
            if let Some(e) = estimate {
                let message = "the estimate does not agree with the middle of its interval";
                self.tell(
                    &c.row,
                    &c.study_id,
                    "estimate",
                    interval(e, l, h, scale),
                    message,
                    hint,
                );
                let p = self.contrasts.text(&c.row, "p_value").and_then(PrintedP::parse);
                if let Some(p) = p {
                    let message = "the p value does not agree with the interval";
                    let hint = "is it one-sided, adjusted, or of another test?";
                    self.tell(
                        &c.row,
                        &c.study_id,
                        "p_value",
                        p_value(p, e, l, h, c.level, scale),
                        message,
                        hint,
                    );
                }
            }
            if let Some(se) = se {
                let message = "the standard error does not agree with the interval";
                let verdict = standard_error(se, l, h, c.level, scale);
                self.tell(&c.row, &c.study_id, "se", verdict, message, hint);
            }
        }
        self.against_arms(c, estimate, low.zip(high));
    }

    /// A printed odds or risk ratio or difference beside the counts of its arms.
    fn against_arms(&mut self, c: &Contrast, estimate: Option<Printed>, limits: Option<(Printed, Printed)>) {
        let Some(printed) = estimate else { return };
        let evidence = self.evidence;
        let counts = |arm: &str| {
            let mut rows = evidence.observations.iter().filter(|o| {
                o.study_id == c.study_id
                    && o.arm_id == arm
                    && o.outcome == c.outcome
                    && o.timing == c.timing
                    && o.time_hours == c.time_hours
                    && o.set == c.set
            });
            rows.find_map(|o| o.events.zip(o.n).map(|(x, n)| (x as f64, n as f64, o)))
        };
        let (Some((a, n1, row1)), Some((b, n2, row2))) = (counts(&c.arm1), counts(&c.arm2)) else {
            return;
        };
        let (crude, room) = match c.measure.as_str() {
            "OR" => (a * (n2 - b) / (b * (n1 - a)), CRUDE_ROOM * printed.value),
            "RR" => (a * n2 / (b * n1), CRUDE_ROOM * printed.value),
            "RD" => (a / n1 - b / n2, 0.5 / n1.min(n2)),
            _ => return,
        };
        let adjusted = c.adjusted == Some(true);
        let outside = limits.is_some_and(|(l, h)| crude < l.range().0 || crude > h.range().1);
        let far = (crude - printed.value).abs() > printed.half() + room.abs();
        if !crude.is_finite() || !(outside || far && !adjusted) {
            return;
        }
        let place = if outside {
            ", which lies outside the printed interval"
        } else {
            ""
        };
        let message = format!(
            "the printed {} does not agree with the counts of the arms{place} (INSPECT-SR 4.9)",
            c.measure
        );
        let hint = if adjusted {
            "it comes from a model: never pool it with crude ones"
        } else {
            "is it adjusted, or of other people?"
        };
        self.found.push(
            Diagnostic::warning("check_contrast", message)
                .file(&c.row.file)
                .line(c.row.line)
                .study(&c.study_id)
                .column("estimate")
                .found(printed.to_string())
                .allowed(format!(
                    "about {crude:.2} ({a}/{n1} v {b}/{n2}: {}, {})",
                    row1.row, row2.row
                ))
                .hint(hint),
        );
    }

    /// Randomised people of the arms and of the study.
    fn arm_sum(&mut self, study: &Study) {
        use onset_data::evidence::Design;
        if !matches!(study.design, Design::Parallel | Design::OpenLabelParallel) {
            return;
        }
        let sizes = self
            .arms
            .range((study.id.as_str(), "")..)
            .take_while(|((id, _), _)| *id == study.id)
            .map(|(_, arm)| arm.n_randomised);
        let sizes: Option<Vec<u64>> = sizes.collect();
        let (Some(sizes), Some(total)) = (sizes.filter(|sizes| sizes.len() > 1), study.n_randomised) else {
            return;
        };
        let verdict = onset_models::trust::arm_sum(&sizes, total);
        let message = "the arms do not add up to the people randomised";
        let hint = "is an arm missing, or are people counted who were treated or analysed?";
        self.tell(&study.row, &study.id, "n_randomised", verdict, message, hint);
    }
}
