//! Flags that several commands share.

use crate::recover::RecoverArgs;
use clap::Args;
use onset::data::Diagnostic;
use onset::effects::programs::Program;
use onset::effects::{AddTo, Family, Input, Measure, Options, VarianceType};
use std::path::PathBuf;

/// Code of a diagnostic about how the command was called: exit status 2.
pub const USAGE: &str = "usage";

/// A command that was called wrongly.
pub fn usage(message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(USAGE, message)
}

/// A confidence level.
///
/// # Errors
/// A text that is no share between 0 and 1.
pub fn level(text: &str) -> Result<f64, String> {
    let level = text.parse().ok().filter(|x: &f64| *x > 0.0 && *x < 1.0);
    level.ok_or_else(|| "a share between 0 and 1 is needed, such as 0.95".to_owned())
}

/// Where effects come from: computed ones, or the numbers of a measure.
#[derive(Debug, Clone, Args)]
pub struct EffectArgs {
    /// CSV table with a header, one study a row
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Column of study labels [default: the row number from 1]
    #[arg(long, value_name = "COLUMN")]
    pub slab: Option<String>,
    /// Column of effects on the analysis scale (log for ratios)
    #[arg(long, value_name = "COLUMN")]
    pub yi: Option<String>,
    /// Column of their sampling variances
    #[arg(long, value_name = "COLUMN", requires = "yi", conflicts_with = "sei")]
    pub vi: Option<String>,
    /// Column of their standard errors
    #[arg(long, value_name = "COLUMN", requires = "yi")]
    pub sei: Option<String>,
    /// Effect measure, such as OR, RR, RD, MD, SMD, ROM, ZCOR [default: GEN, with --yi]
    #[arg(long, value_name = "MEASURE", value_parser = measure)]
    pub measure: Option<Measure>,
    /// Variance variant: LS, LS2, UB or AV [default: LS]
    #[arg(long, value_name = "VARIANT", value_parser = vtype)]
    pub vtype: Option<VarianceType>,
    /// Added to the cells of studies chosen by --to [default: 0.5, or 0 where the measure needs none]
    #[arg(long, value_name = "NUMBER", value_parser = not_negative)]
    pub add: Option<f64>,
    /// Studies that get the addition: only0, all, if0all or none [default: only0]
    #[arg(long, value_name = "RULE", value_parser = add_to)]
    pub to: Option<AddTo>,
    /// Leave out studies without events, or without non-events, in both groups
    #[arg(long)]
    pub drop00: bool,
    /// Take over the defaults of metafor, meta or revman5 (Review Manager 5); flags that are given count
    #[arg(long, value_name = "PROGRAM", value_parser = program)]
    pub compat: Option<Program>,
    #[command(flatten)]
    columns: ColumnArgs,
    #[command(flatten)]
    pub recover: RecoverArgs,
}

impl EffectArgs {
    /// Options of the computation.
    pub fn options(&self) -> Options {
        Options {
            vtype: self.vtype.unwrap_or_default(),
            add: self.add,
            to: self.to.unwrap_or_default(),
            drop00: self.drop00,
        }
    }

    /// Warnings about flags that find nothing to act on in this measure.
    pub fn idle(&self, measure: Measure) -> Vec<Diagnostic> {
        let with_yi = self.yi.is_some();
        let counts = !with_yi
            && matches!(
                measure.family(),
                Family::TwoByTwo
                    | Family::MatchedPairs
                    | Family::PersonTime
                    | Family::Proportion
                    | Family::Rate
            );
        let two_groups = !with_yi && matches!(measure.family(), Family::TwoByTwo | Family::PersonTime);
        let flags = [
            ("--vtype", self.vtype.is_some() && with_yi),
            ("--add", self.add.is_some() && !counts),
            ("--to", self.to.is_some() && !counts),
            ("--drop00", self.drop00 && !two_groups),
        ];
        let note = |(flag, _): &(&str, bool)| {
            let given = if with_yi {
                "effects that are given".to_owned()
            } else {
                format!("measure {measure}")
            };
            let text = format!("{flag} changes nothing: {given} leave it nothing to act on");
            Diagnostic::warning("unused_flag", text)
        };
        flags.iter().filter(|(_, idle)| *idle).map(note).collect()
    }

    /// Columns given for a measure: which number, and its header.
    pub fn columns(&self) -> Vec<(Input, &str)> {
        Input::ALL
            .iter()
            .filter_map(|&input| self.columns.get(input).map(|header| (input, header)))
            .collect()
    }
}

macro_rules! column_args {
    ($($field:ident $variant:ident $help:literal;)*) => {
        /// One flag for each column a measure may need.
        #[derive(Debug, Clone, Args)]
        #[command(next_help_heading = "Columns of a measure")]
        struct ColumnArgs {
            $(#[doc = $help] #[arg(long, value_name = "COLUMN")] $field: Option<String>,)*
        }

        impl ColumnArgs {
            fn get(&self, input: Input) -> Option<&str> {
                match input { $(Input::$variant => self.$field.as_deref(),)* }
            }
        }
    };
}

column_args! {
    ai Ai "Events in group 1 (or pairs, alpha, area under the curve)";
    bi Bi "Non-events in group 1";
    ci Ci "Events in group 2";
    di Di "Non-events in group 2";
    n1i N1i "Size of group 1";
    n2i N2i "Size of group 2";
    x1i X1i "Events in group 1, with --t1i";
    x2i X2i "Events in group 2, with --t2i";
    t1i T1i "Person-time of group 1";
    t2i T2i "Person-time of group 2";
    m1i M1i "Mean of group 1 or time 1";
    m2i M2i "Mean of group 2 or time 2";
    sd1i Sd1i "Standard deviation of group 1 or time 1";
    sd2i Sd2i "Standard deviation of group 2 or time 2";
    ri Ri "Correlation";
    ni Ni "Sample size";
    xi Xi "Events in one group";
    mi Mi "Mean (or non-events, number of predictors, number of items)";
    ti Ti "Person-time (or t statistic)";
    sdi Sdi "Standard deviation";
    r2i R2i "Coefficient of determination";
}

fn measure(code: &str) -> Result<Measure, String> {
    Measure::from_code(code).ok_or_else(|| {
        let codes: Vec<&str> = Measure::ALL.iter().map(|m| m.code()).collect();
        format!("unknown measure '{code}'; allowed: {}", codes.join(" "))
    })
}

fn program(code: &str) -> Result<Program, String> {
    Program::ALL
        .into_iter()
        .find(|p| p.code().eq_ignore_ascii_case(code))
        .ok_or_else(|| "allowed: metafor, meta, revman5".to_owned())
}

fn vtype(code: &str) -> Result<VarianceType, String> {
    VarianceType::ALL
        .into_iter()
        .find(|v| v.code() == code)
        .ok_or_else(|| "allowed: LS, LS2, UB, AV".to_owned())
}

fn add_to(code: &str) -> Result<AddTo, String> {
    AddTo::ALL
        .into_iter()
        .find(|v| v.code() == code)
        .ok_or_else(|| "allowed: only0, all, if0all, none".to_owned())
}

fn not_negative(text: &str) -> Result<f64, String> {
    text.parse()
        .ok()
        .filter(|x: &f64| x.is_finite() && *x >= 0.0)
        .ok_or_else(|| "a number of 0 or more is needed".to_owned())
}
