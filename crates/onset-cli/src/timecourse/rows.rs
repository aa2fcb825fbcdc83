//! The table of visits.

use super::Arguments;
use crate::arguments::usage;
use onset::data::{Column, Diagnostic, Table};
use onset::models::timecourse::{TimeVisit, TimecourseError};
use std::collections::BTreeMap;

/// Visits, and where each stood.
pub struct Rows {
    pub visits: Vec<TimeVisit>,
    /// Row of the table of each visit.
    places: Vec<usize>,
    table: Table,
    pub warnings: Vec<Diagnostic>,
    /// Times of doses by study and arm, where a column names them.
    pub dose_times: BTreeMap<(String, String), Vec<f64>>,
}

impl Rows {
    pub fn file(&self) -> &str {
        self.table.name()
    }

    /// A refusal with file, line, study and a hint.
    pub fn refused(&self, error: &TimecourseError) -> Diagnostic {
        let message = match error {
            TimecourseError::Duplicate { first, .. } => {
                format!("{error} (the other one: line {})", self.line(*first))
            }
            _ => error.to_string(),
        };
        let at = |d: Diagnostic, study: &String, index: usize| d.study(study.clone()).line(self.line(index));
        let d = Diagnostic::error(code(error), message).file(self.file());
        match error {
            TimecourseError::BeforeBaseline { study, index, .. } => at(d, study, *index)
                .allowed("0 or more")
                .hint("count time from the start of treatment"),
            TimecourseError::Duplicate { study, index, .. } => at(d, study, *index)
                .allowed("one row an arm and visit")
                .hint("two arms of one treatment need --arm; an outcome on two scales needs two files"),
            TimecourseError::ArmChangesTreatment { study, index, .. } => at(d, study, *index),
            TimecourseError::BadNumber { study, index, .. } => {
                at(d, study, *index).allowed("a number above 0")
            }
            TimecourseError::UnknownReference { treatments, .. } => d.allowed(treatments.join(", ")),
            TimecourseError::TooFewPoints { .. } => d.hint("a form with fewer shapes, or --control shape"),
            _ => d,
        }
    }

    fn line(&self, index: usize) -> u64 {
        self.table.line(self.places.get(index).copied().unwrap_or(0))
    }
}

fn code(error: &TimecourseError) -> &'static str {
    match error {
        TimecourseError::BeforeBaseline { .. } => "before_baseline",
        TimecourseError::Duplicate { .. } => "duplicate_visit",
        TimecourseError::UnknownReference { .. } => "unknown_reference",
        TimecourseError::Disconnected { .. } => "disconnected",
        TimecourseError::TooFewPoints { .. } => "too_few_points",
        TimecourseError::BadNumber { .. } => "impossible_value",
        _ => "no_time_course",
    }
}

/// Reads the visits; rows with a missing cell leave with a warning.
pub fn read(arguments: &Arguments) -> Result<Rows, Diagnostic> {
    let (spread, is_sd) = match (&arguments.se, &arguments.sd) {
        (Some(se), _) => (se, false),
        (None, Some(sd)) => (sd, true),
        (None, None) => return Err(usage("the spread is not named").allowed("--se, or --sd with --n")),
    };
    if is_sd && arguments.n.is_none() {
        return Err(usage("--sd needs --n"));
    }
    let table = Table::read(&arguments.file)?;
    let (mut visits, mut places, mut warnings) = (Vec::new(), Vec::new(), Vec::new());
    let mut dose_times = BTreeMap::new();
    {
        let text = |name: &str| table.column(name).map(|c| c.texts());
        let numbers = |name: &Option<String>| -> Result<Option<Vec<Option<f64>>>, Diagnostic> {
            name.as_ref().map(|n| table.column(n)?.numbers()).transpose()
        };
        let (studies, treatments) = (text(&arguments.study)?, text(&arguments.treat)?);
        let arms = text(arguments.arm.as_ref().unwrap_or(&arguments.treat))?;
        let times = times(&table.column(&arguments.time)?)?;
        let means = table.column(&arguments.mean)?.numbers()?;
        let spreads = table.column(spread)?.numbers()?;
        let (ns, doses) = (numbers(&arguments.n)?, numbers(&arguments.dose)?);
        let schedules = arguments.dose_times.as_ref().map(|name| text(name)).transpose()?;
        for row in 0..table.rows() {
            let at = |column: &[Option<f64>]| column.get(row).copied().flatten();
            let word = |column: &[Option<&str>]| column.get(row).copied().flatten().map(str::to_owned);
            let n = ns.as_deref().and_then(at);
            let se = at(&spreads).and_then(|s| if is_sd { n.map(|n| s / n.sqrt()) } else { Some(s) });
            let whole = (
                word(&studies),
                word(&arms),
                word(&treatments),
                at(&times),
                at(&means),
                se,
            );
            let dose = doses.as_deref().map(at);
            if let (Some(study), Some(arm), Some(treatment), Some(time), Some(mean), Some(se)) = whole
                && dose != Some(None)
            {
                let schedule = schedules.as_ref().and_then(|s| s.get(row).copied().flatten());
                if let Some(schedule) = schedule {
                    let at = |d: Diagnostic| d.file(table.name()).line(table.line(row)).study(study.clone());
                    let times = schedule_of(schedule).map_err(at)?;
                    let key = (study.clone(), arm.clone());
                    if let Some(other) = dose_times.insert(key, times.clone()).filter(|o| *o != times) {
                        let message = format!("arm '{arm}' has two schedules of doses");
                        let finding = Diagnostic::error("two_schedules", message).found(schedule);
                        return Err(at(finding.allowed(format!("{other:?}, as in a row before"))));
                    }
                }
                places.push(row);
                visits.push(TimeVisit {
                    study,
                    arm,
                    treatment,
                    time,
                    mean,
                    se,
                    n,
                    dose: dose.flatten(),
                });
                continue;
            }
            let warning = Diagnostic::warning(
                "missing_value",
                "a cell is missing: the visit leaves the analysis",
            )
            .file(table.name())
            .line(table.line(row));
            warnings.push(match word(&studies) {
                Some(study) => warning.study(study),
                None => warning,
            });
        }
    }
    Ok(Rows {
        visits,
        places,
        table,
        warnings,
        dose_times,
    })
}

/// "0;72;168".
fn schedule_of(text: &str) -> Result<Vec<f64>, Diagnostic> {
    text.split(';')
        .map(|part| part.trim().parse().ok().filter(|t: &f64| t.is_finite()))
        .collect::<Option<Vec<f64>>>()
        .ok_or_else(|| {
            Diagnostic::error("not_a_schedule", "the times of doses are no list of numbers")
                .found(text)
                .allowed("numbers with semicolons between them, such as 0;72;168")
        })
}

fn times(column: &Column<'_>) -> Result<Vec<Option<f64>>, Diagnostic> {
    column
        .numbers()
        .map_err(|d| d.hint("times are plain numbers in one unit for the whole column, such as hours"))
}
