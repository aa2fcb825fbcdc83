//! Flags that several commands share.

use clap::Args;
use onset::data::Diagnostic;
use onset::effects::{AddTo, Input, Measure, Options, VarianceType};
use std::path::PathBuf;

/// Code of a diagnostic about how the command was called: exit status 2.
pub const USAGE: &str = "usage";

/// A command that was called wrongly.
pub fn usage(message: impl Into<String>) -> Diagnostic {
    Diagnostic::error(USAGE, message)
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
    /// Variance variant: LS, LS2, UB or AV
    #[arg(long, value_name = "VARIANT", default_value = "LS", value_parser = vtype)]
    pub vtype: VarianceType,
    /// Added to the cells of studies chosen by --to [default: 0.5, or 0 where the measure needs none]
    #[arg(long, value_name = "NUMBER", value_parser = not_negative)]
    pub add: Option<f64>,
    /// Studies that get the addition: only0, all, if0all or none
    #[arg(long, value_name = "RULE", default_value = "only0", value_parser = add_to)]
    pub to: AddTo,
    /// Leave out studies without events, or without non-events, in both groups
    #[arg(long)]
    pub drop00: bool,
    #[command(flatten)]
    columns: ColumnArgs,
}

impl EffectArgs {
    /// Options of the computation.
    pub fn options(&self) -> Options {
        Options {
            vtype: self.vtype,
            add: self.add,
            to: self.to,
            drop00: self.drop00,
        }
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
