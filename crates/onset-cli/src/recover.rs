//! Numbers that a report does not print, recovered from those it does.
//!
//! A number in its own column always counts; these flags fill only what is missing there, and every use is named.

use crate::arguments::usage;
use clap::{Args, ValueEnum};
use onset::data::{Diagnostic, Table};
use onset::effects::recover::estimation::quantile_estimation;
use onset::effects::recover::quantiles::{MeanSd, Quantiles, hozo, mean_and_sd};
use onset::effects::recover::standard_error::{
    Reference, d_from_t, from_interval, from_p, sd_from_difference_se, sd_from_se,
};
use onset::effects::recover::{RecoverError, table};
use onset::effects::{Family, Input, Inputs, Measure};
use onset::math::student_t;
use serde::Serialize;

/// How mean and SD come from quantiles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum QuantileMethod {
    /// Mean by Luo 2018, SD by Wan 2014 (five numbers: Shi 2020); for normal data
    #[default]
    Luo,
    /// Hozo 2005, from minimum, median and maximum; to check old reviews
    Hozo,
    /// Quantile estimation (McGrath 2020): the best fitting of five distributions
    Qe,
}

/// Scale of --yi, --ci-lb and --ci-ub.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Given {
    /// The analysis scale
    #[default]
    None,
    /// Ratios, of which the logarithm is taken
    Log,
}

macro_rules! recover_args {
    ($($field:ident $help:literal;)*) => {
        /// Columns from which missing numbers are recovered.
        #[derive(Debug, Clone, Default, Args)]
        #[command(next_help_heading = "Recovery of what a row does not give (each use is listed)")]
        pub struct RecoverArgs {
            $(#[doc = $help] #[arg(long, value_name = "COLUMN")] pub $field: Option<String>,)*
            /// Level of the interval --ci-lb to --ci-ub
            #[arg(long, value_name = "SHARE", default_value_t = 0.95, value_parser = crate::arguments::level)]
            pub ci_level: f64,
            /// Scale of --yi, --ci-lb and --ci-ub in the table
            #[arg(long, value_enum, default_value_t = Given::None, requires = "yi")]
            pub transf: Given,
            /// How mean and SD come from quantiles
            #[arg(long, value_enum, default_value_t = QuantileMethod::Luo)]
            pub quantiles: QuantileMethod,
        }

        impl RecoverArgs {
            /// Whether any column is named.
            pub fn is_used(&self) -> bool {
                !self.given().is_empty()
            }

            /// Flags in use, with their headers.
            fn given(&self) -> Vec<(&'static str, &str)> {
                let all = [$((stringify!($field), self.$field.as_deref()),)*];
                all.into_iter().filter_map(|(name, header)| Some((name, header?))).collect()
            }
        }
    };
}

recover_args! {
    ci_lb "Lower limit of the interval of the effect (--yi) or of the difference of two means";
    ci_ub "Upper limit of it";
    zval "z statistic of the effect, with --yi";
    tval "t statistic of the effect (with --yi and --df) or of two independent groups";
    fval "F statistic of two independent groups with known means";
    pval "Two-sided p-value; a negative one says that the effect is negative, where there are no means";
    df "Degrees of freedom of --tval, --pval and the interval, with --yi [default: normal quantiles]";
    se1i "Standard error of the mean of group 1";
    se2i "Standard error of the mean of group 2";
    min1i "Minimum in group 1";
    q11i "First quartile in group 1";
    med1i "Median in group 1";
    q31i "Third quartile in group 1";
    max1i "Maximum in group 1";
    min2i "Minimum in group 2";
    q12i "First quartile in group 2";
    med2i "Median in group 2";
    q32i "Third quartile in group 2";
    max2i "Maximum in group 2";
    ori "Odds ratio, from which with --ei, --n1i and --n2i the four cells follow (whole numbers)";
    ei "Events in both groups together";
}

/// One number that was recovered.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Recovered {
    /// Label of the row.
    pub label: String,
    /// Data row from 1.
    pub row: usize,
    /// What was missing: `vi`, `sd1i`, ...
    pub number: &'static str,
    /// What it came from.
    pub from: String,
    pub value: f64,
}

/// The columns, read.
pub struct Sources {
    columns: Vec<(&'static str, String, Vec<Option<f64>>)>,
    level: f64,
    log: bool,
    quantiles: QuantileMethod,
}

/// A number with where it came from, or why it cannot be had.
type Found<T> = Result<Option<(T, String)>, RecoverError>;

impl Sources {
    /// Reads the columns of the flags in use; `with_yi` says which set of flags has a meaning.
    ///
    /// # Errors
    /// `usage`, `unknown_column`, cells that are no numbers.
    pub fn read(
        arguments: &RecoverArgs,
        table: &Table,
        measure: Measure,
        with_yi: bool,
    ) -> Result<Self, Diagnostic> {
        let mut columns = Vec::new();
        for (name, header) in arguments.given() {
            check_use(name, measure, with_yi)?;
            columns.push((name, header.to_owned(), table.column(header)?.numbers()?));
        }
        let sources = Sources {
            columns,
            level: arguments.ci_level,
            log: arguments.transf == Given::Log,
            quantiles: arguments.quantiles,
        };
        for (one, other) in [("ci_lb", "ci_ub"), ("ori", "ei")] {
            if sources.has(one) != sources.has(other) {
                return Err(usage(format!(
                    "--{} and --{} belong together",
                    flag(one),
                    flag(other)
                )));
            }
        }
        if sources.has("tval") && with_yi && !sources.has("df") {
            return Err(usage(
                "--tval needs --df, its degrees of freedom; a z statistic is --zval",
            ));
        }
        Ok(sources)
    }

    /// Whether any flag is in use.
    pub fn is_empty(&self) -> bool {
        self.columns.is_empty()
    }

    /// Whether effects are given as ratios.
    pub fn takes_logarithm(&self) -> bool {
        self.log
    }

    /// Headers of the columns in use.
    pub fn headers(&self) -> impl Iterator<Item = &str> {
        self.columns.iter().map(|(_, header, _)| header.as_str())
    }

    fn has(&self, name: &str) -> bool {
        self.columns.iter().any(|(known, _, _)| *known == name)
    }

    fn get(&self, name: &str, row: usize) -> Option<f64> {
        let (_, _, values) = self.columns.iter().find(|(known, _, _)| *known == name)?;
        values.get(row).copied().flatten()
    }

    /// On the analysis scale.
    fn limit(&self, name: &str, row: usize) -> Result<Option<f64>, RecoverError> {
        let Some(raw) = self.get(name, row) else {
            return Ok(None);
        };
        if self.log && raw <= 0.0 {
            let what = if name == "ci_lb" {
                "the lower limit"
            } else {
                "the upper limit"
            };
            return Err(RecoverError::OutOfRange {
                what,
                found: raw,
                allowed: "above 0, to have a logarithm",
            });
        }
        Ok(Some(if self.log { raw.ln() } else { raw }))
    }

    /// The effect in the middle of its interval.
    pub fn effect(&self, row: usize) -> Found<f64> {
        let (Some(lower), Some(upper)) = (self.limit("ci_lb", row)?, self.limit("ci_ub", row)?) else {
            return Ok(None);
        };
        if lower >= upper {
            return Err(RecoverError::Contradiction {
                reason: "the lower limit is not below the upper",
            });
        }
        Ok(Some((0.5 * (lower + upper), "middle of the interval".to_owned())))
    }

    /// The variance of an effect.
    pub fn variance(&self, row: usize, effect: Option<f64>) -> Found<f64> {
        let reference = self.get("df", row).map_or(Reference::Normal, Reference::T);
        let squared = |se: f64, from: &str| Ok(Some((se * se, from.to_owned())));
        if let (Some(lower), Some(upper)) = (self.limit("ci_lb", row)?, self.limit("ci_ub", row)?) {
            return squared(from_interval(lower, upper, self.level, reference)?, "interval");
        }
        let Some(effect) = effect else {
            return Ok(None);
        };
        for (name, from) in [("zval", "z"), ("tval", "t")] {
            if let Some(statistic) = self.get(name, row) {
                return squared(from_statistic(effect, statistic)?, from);
            }
        }
        match self.get("pval", row) {
            Some(p) => squared(from_p(effect, p.abs(), reference)?, "p-value"),
            None => Ok(None),
        }
    }
}

/// |estimate / statistic|, of one sign.
fn from_statistic(estimate: f64, statistic: f64) -> Result<f64, RecoverError> {
    if statistic == 0.0 || estimate == 0.0 {
        return Err(RecoverError::NotDetermined {
            reason: "an effect of 0 has a statistic of 0 whatever its error",
        });
    }
    if statistic.signum() != estimate.signum() {
        return Err(RecoverError::Contradiction {
            reason: "the effect and its statistic have different signs",
        });
    }
    Ok(estimate / statistic)
}

fn flag(name: &str) -> String {
    name.replace('_', "-")
}

/// Refuses a flag that has no meaning for the measure.
fn check_use(name: &'static str, measure: Measure, with_yi: bool) -> Result<(), Diagnostic> {
    let family = measure.family();
    let groups = matches!(family, Family::TwoMeans) && !with_yi;
    let fits = match name {
        "zval" | "df" => with_yi,
        "ci_lb" | "ci_ub" | "tval" | "pval" => with_yi || groups,
        "fval" | "se2i" | "min2i" | "q12i" | "med2i" | "q32i" | "max2i" => groups,
        "se1i" | "min1i" | "q11i" | "med1i" | "q31i" | "max1i" => {
            groups || (matches!(family, Family::OneMean) && !with_yi)
        }
        _ => matches!(family, Family::TwoByTwo) && !with_yi,
    };
    if fits {
        return Ok(());
    }
    let with = if with_yi {
        "--yi".to_owned()
    } else {
        format!("measure {measure}")
    };
    Err(usage(format!("{with} has no use for --{}", flag(name))).hint("see Recovery in onset effects --help"))
}

/// A row whose numbers contradict each other, with what is wrong.
pub struct Refused {
    pub row: usize,
    pub error: RecoverError,
}

/// Fills the missing numbers of a measure.
///
/// # Errors
/// The first row with impossible numbers; what the numbers of a row do not determine stays missing.
pub fn fill(
    sources: &Sources,
    measure: Measure,
    mut inputs: Inputs,
    labels: &[String],
) -> Result<(Inputs, Vec<Recovered>), Refused> {
    let mut filled = Filled {
        columns: Vec::new(),
        list: Vec::new(),
    };
    for (row, label) in labels.iter().enumerate() {
        let outcome = match measure.family() {
            Family::TwoByTwo => cells(sources, &inputs, row),
            Family::OneMean => group(sources, &inputs, row, &ONE),
            Family::TwoMeans => two_means(sources, &inputs, measure, row),
            _ => Ok(Vec::new()),
        };
        match outcome {
            Ok(numbers) => filled.push(&inputs, row, label, labels.len(), numbers),
            Err(RecoverError::NotDetermined { .. }) => {}
            Err(error) => return Err(Refused { row, error }),
        }
    }
    for (input, values) in filled.columns {
        inputs = inputs.with(input, values);
    }
    Ok((inputs, filled.list))
}

struct Filled {
    columns: Vec<(Input, Vec<Option<f64>>)>,
    list: Vec<Recovered>,
}

impl Filled {
    fn push(&mut self, inputs: &Inputs, row: usize, label: &str, rows: usize, numbers: Vec<Number>) {
        for number in numbers {
            if !self.columns.iter().any(|(input, _)| *input == number.input) {
                let old = (0..rows).map(|row| inputs.get(number.input, row)).collect();
                self.columns.push((number.input, old));
            }
            let column = self.columns.iter_mut().find(|(input, _)| *input == number.input);
            if let Some(cell) = column.and_then(|(_, values)| values.get_mut(row)) {
                *cell = Some(number.value);
                self.list.push(Recovered {
                    label: label.to_owned(),
                    row: row + 1,
                    number: number.input.code(),
                    from: number.from,
                    value: number.value,
                });
            }
        }
    }
}

struct Number {
    input: Input,
    value: f64,
    from: String,
}

fn number(input: Input, value: f64, from: &str) -> Number {
    Number {
        input,
        value,
        from: from.to_owned(),
    }
}

/// Whole cells from both group sizes, all events and the odds ratio.
fn cells(sources: &Sources, inputs: &Inputs, row: usize) -> Result<Vec<Number>, RecoverError> {
    let get = |input| inputs.get(input, row);
    if get(Input::Ai).is_some() && get(Input::Ci).is_some() {
        return Ok(Vec::new());
    }
    let margins = (
        get(Input::N1i),
        get(Input::N2i),
        sources.get("ei", row),
        sources.get("ori", row),
    );
    let (Some(n1), Some(n2), Some(events), Some(odds)) = margins else {
        return Ok(Vec::new());
    };
    let found = table::from_margins(n1, n2, events, odds)?;
    let a = found.a.round().clamp((events - n2).max(0.0), n1.min(events));
    let c = events - a;
    let from = "margins and odds ratio";
    let mut numbers = vec![number(Input::Ai, a, from), number(Input::Ci, c, from)];
    // a column of non-events counts before the group size
    for (input, value) in [(Input::Bi, n1 - a), (Input::Di, n2 - c)] {
        if inputs.has(input) {
            numbers.push(number(input, value, from));
        }
    }
    Ok(numbers)
}

/// The columns of one group.
struct GroupColumns {
    mean: Input,
    sd: Input,
    n: Input,
    se: &'static str,
    /// Minimum, quartiles, maximum.
    quantiles: [&'static str; 5],
}

const FIRST: GroupColumns = GroupColumns {
    mean: Input::M1i,
    sd: Input::Sd1i,
    n: Input::N1i,
    se: "se1i",
    quantiles: ["min1i", "q11i", "med1i", "q31i", "max1i"],
};
const SECOND: GroupColumns = GroupColumns {
    mean: Input::M2i,
    sd: Input::Sd2i,
    n: Input::N2i,
    se: "se2i",
    quantiles: ["min2i", "q12i", "med2i", "q32i", "max2i"],
};
const ONE: GroupColumns = GroupColumns {
    mean: Input::Mi,
    sd: Input::Sdi,
    n: Input::Ni,
    ..FIRST
};

/// Mean and SD of one group, those of them that are missing: the standard error first, then the quantiles.
fn group(
    sources: &Sources,
    inputs: &Inputs,
    row: usize,
    columns: &GroupColumns,
) -> Result<Vec<Number>, RecoverError> {
    let (mut mean, mut sd) = (inputs.get(columns.mean, row), inputs.get(columns.sd, row));
    let mut numbers = Vec::new();
    let Some(n) = inputs.get(columns.n, row) else {
        return Ok(numbers);
    };
    if let (None, Some(se)) = (sd, sources.get(columns.se, row)) {
        let value = sd_from_se(se, n)?;
        sd = Some(value);
        numbers.push(number(columns.sd, value, "standard error of the mean"));
    }
    if mean.is_some() && sd.is_some() {
        return Ok(numbers);
    }
    let Some((found, from)) = quantiles(sources, columns, row, n)? else {
        return Ok(numbers);
    };
    if mean.is_none() {
        mean = Some(found.mean);
        numbers.extend(mean.map(|mean| number(columns.mean, mean, &from)));
    }
    if sd.is_none() {
        numbers.push(number(columns.sd, found.sd, &from));
    }
    Ok(numbers)
}

fn quantiles(sources: &Sources, columns: &GroupColumns, row: usize, n: f64) -> Found<MeanSd> {
    let [min, q1, median, q3, max] = columns.quantiles.map(|name| sources.get(name, row));
    let Some(median) = median else {
        return Ok(None);
    };
    let (printed, words) = match (min, q1, q3, max) {
        (Some(min), Some(q1), Some(q3), Some(max)) => (
            Quantiles::Five {
                min,
                q1,
                median,
                q3,
                max,
            },
            "five numbers",
        ),
        (_, Some(q1), Some(q3), _) => (Quantiles::Quartiles { q1, median, q3 }, "median and quartiles"),
        (Some(min), _, _, Some(max)) => (Quantiles::Range { min, median, max }, "median and range"),
        _ => return Ok(None),
    };
    let (found, by) = match sources.quantiles {
        QuantileMethod::Luo => {
            let sd = if matches!(printed, Quantiles::Five { .. }) {
                "Shi"
            } else {
                "Wan"
            };
            (mean_and_sd(printed, n)?, format!("mean Luo, SD {sd}"))
        }
        QuantileMethod::Hozo => {
            let (Some(min), Some(max)) = (min, max) else {
                return Err(RecoverError::NotDetermined {
                    reason: "Hozo's rules need a minimum and a maximum",
                });
            };
            (hozo(min, median, max, n)?, "Hozo".to_owned())
        }
        QuantileMethod::Qe => {
            let fit = quantile_estimation(printed, n)?;
            (fit.moments, format!("quantile estimation, {}", fit.shape.name()))
        }
    };
    Ok(Some((found, format!("{words} ({by})"))))
}

/// Measures of two means that depend on them through t alone.
fn through_t(measure: Measure) -> bool {
    matches!(
        measure,
        Measure::Smd
            | Measure::DToOdds
            | Measure::DToOddsNormal
            | Measure::DToOddsLogistic
            | Measure::PointBiserial
            | Measure::PointBiserialZ
    )
}

fn two_means(
    sources: &Sources,
    inputs: &Inputs,
    measure: Measure,
    row: usize,
) -> Result<Vec<Number>, RecoverError> {
    let mut numbers = group(sources, inputs, row, &FIRST)?;
    numbers.extend(group(sources, inputs, row, &SECOND)?);
    let get = |input| {
        let recovered = numbers.iter().find(|n| n.input == input).map(|n| n.value);
        recovered.or_else(|| inputs.get(input, row))
    };
    let (Some(n1), Some(n2)) = (get(Input::N1i), get(Input::N2i)) else {
        return Ok(numbers);
    };
    if get(Input::Sd1i).is_some() || get(Input::Sd2i).is_some() {
        return Ok(numbers);
    }
    match (get(Input::M1i), get(Input::M2i)) {
        (Some(m1), Some(m2)) => {
            if let Some((se, from)) = difference_error(sources, row, m1 - m2, n1 + n2 - 2.0)? {
                let sd = sd_from_difference_se(se, n1, n2)?;
                numbers.push(number(Input::Sd1i, sd, &from));
                numbers.push(number(Input::Sd2i, sd, &from));
            }
        }
        (None, None) if through_t(measure) => {
            if let Some((t, from)) = signed_t(sources, row, n1 + n2 - 2.0)? {
                // two groups with SD 1 that lie d apart: the measure sees nothing else
                numbers.push(number(Input::M1i, d_from_t(t, n1, n2)?, &from));
                numbers.push(number(Input::M2i, 0.0, "units of the SD"));
                numbers.push(number(Input::Sd1i, 1.0, "units of the SD"));
                numbers.push(number(Input::Sd2i, 1.0, "units of the SD"));
            }
        }
        _ => {}
    }
    Ok(numbers)
}

/// Standard error of the difference of two means, of equal SDs.
fn difference_error(sources: &Sources, row: usize, difference: f64, df: f64) -> Found<f64> {
    if let (Some(lower), Some(upper)) = (sources.get("ci_lb", row), sources.get("ci_ub", row)) {
        let se = from_interval(lower, upper, sources.level, Reference::T(df))?;
        return Ok(Some((se, "interval of the difference".to_owned())));
    }
    if let Some(t) = sources.get("tval", row) {
        return Ok(Some((from_statistic(difference, t)?, "t".to_owned())));
    }
    if let Some(f) = sources.get("fval", row) {
        if f < 0.0 {
            return Err(RecoverError::OutOfRange {
                what: "F",
                found: f,
                allowed: "0 or more",
            });
        }
        return Ok(Some((
            from_statistic(difference.abs(), f.sqrt())?,
            "F".to_owned(),
        )));
    }
    match sources.get("pval", row) {
        Some(p) => {
            let se = from_p(difference, p.abs(), Reference::T(df))?;
            Ok(Some((se, "p-value".to_owned())))
        }
        None => Ok(None),
    }
}

/// t with its sign; a p-value carries that of the effect.
fn signed_t(sources: &Sources, row: usize, df: f64) -> Found<f64> {
    if let Some(t) = sources.get("tval", row) {
        return Ok(Some((t, "t".to_owned())));
    }
    let Some(p) = sources.get("pval", row) else {
        return Ok(None);
    };
    if !(p != 0.0 && p.abs() <= 1.0) || df <= 0.0 {
        return Err(RecoverError::OutOfRange {
            what: "the p-value",
            found: p,
            allowed: "-1 to 1 and not 0",
        });
    }
    Ok(Some((
        student_t::upper_quantile(0.5 * p.abs(), df).copysign(p),
        "p-value".to_owned(),
    )))
}
