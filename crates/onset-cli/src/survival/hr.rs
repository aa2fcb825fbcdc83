//! `onset survival hr`.

use crate::arguments::usage;
use crate::output::{Output, Sheet};
use clap::Args;
use onset::data::Diagnostic;
use onset::models::survival::{Information, Printed, hazard_ratio};
use serde::Serialize;

/// Arguments of `onset survival hr`; a ratio is active over control.
#[derive(Debug, Args)]
#[command(allow_negative_numbers = true)]
pub struct Arguments {
    /// Printed hazard ratio
    #[arg(long)]
    hr: Option<f64>,
    /// Lower limit of the hazard ratio
    #[arg(long, requires_all = ["hr", "ci_upper"])]
    ci_lower: Option<f64>,
    /// Upper limit of the hazard ratio
    #[arg(long, requires_all = ["hr", "ci_lower"])]
    ci_upper: Option<f64>,
    /// Level of the interval read and written
    #[arg(long, default_value_t = 0.95)]
    level: f64,
    /// Two-sided p of a log-rank test, or of the hazard ratio
    #[arg(long)]
    p: Option<f64>,
    /// Log-rank chi-square on one degree of freedom
    #[arg(long, conflicts_with = "p")]
    chi_square: Option<f64>,
    /// Events of both arms
    #[arg(long)]
    events: Option<f64>,
    /// Sizes of the arms, active then control, where allocation was not 1:1
    #[arg(long, value_delimiter = ',', num_args = 1, requires = "events")]
    allocation: Vec<f64>,
    /// Events of each arm, active then control
    #[arg(long, value_delimiter = ',', num_args = 1, conflicts_with = "events")]
    arm_events: Vec<f64>,
    /// The hazard is higher with the active treatment [default: lower]; for p and chi-square
    #[arg(long)]
    favours_control: bool,
    /// Observed minus expected events of the active arm
    #[arg(long, requires = "v")]
    o_minus_e: Option<f64>,
    /// Variance of O - E
    #[arg(long, requires = "o_minus_e")]
    v: Option<f64>,
}

#[derive(Serialize)]
struct Answer {
    route: &'static str,
    ln_hr: f64,
    se: f64,
    hr: f64,
    ci_lower: f64,
    ci_upper: f64,
    p: f64,
}

/// Hazard ratio by the first route that the flags allow: O - E and V; interval; p; chi-square; events.
///
/// # Errors
/// Flags that make no route; numbers that contradict each other.
pub fn run(arguments: &Arguments) -> Result<Output, Diagnostic> {
    if !(arguments.level > 0.0 && arguments.level < 1.0) {
        return Err(usage("--level lies between 0 and 1").found(arguments.level.to_string()));
    }
    let printed = printed(arguments)?;
    let ratio = hazard_ratio(&printed).map_err(|e| Diagnostic::error("no_hazard_ratio", e.to_string()))?;
    let (ci_lower, ci_upper) = ratio.interval(arguments.level);
    let answer = Answer {
        route: ratio.route,
        ln_hr: ratio.ln_hr,
        se: ratio.standard_error,
        hr: ratio.ln_hr.exp(),
        ci_lower,
        ci_upper,
        p: ratio.p(),
    };
    let mut warnings = Vec::new();
    if matches!(printed, Printed::PAndEvents { .. } | Printed::ChiSquare { .. }) && !arguments.favours_control
    {
        let message =
            "A p value has no direction: the hazard was taken to be lower with the active treatment";
        warnings.push(Diagnostic::note("direction_assumed", message).hint("--favours-control turns it"));
    }
    let mut sheet = Sheet::new(
        "Hazard ratio",
        &["route", "hr", "ci_lower", "ci_upper", "p", "ln_hr", "se"],
    );
    sheet.push(vec![
        answer.route.into(),
        answer.hr.into(),
        answer.ci_lower.into(),
        answer.ci_upper.into(),
        answer.p.into(),
        answer.ln_hr.into(),
        answer.se.into(),
    ]);
    Output::new(&answer, vec![sheet], warnings)
}

fn printed(a: &Arguments) -> Result<Printed, Diagnostic> {
    if let (Some(o_minus_e), Some(v)) = (a.o_minus_e, a.v) {
        return Ok(Printed::LogRank { o_minus_e, v });
    }
    if let (Some(hr), Some(lower), Some(upper)) = (a.hr, a.ci_lower, a.ci_upper) {
        return Ok(Printed::Interval {
            hr,
            lower,
            upper,
            level: a.level,
        });
    }
    let information = information(a)?;
    let favours_active = !a.favours_control;
    match (a.hr, a.p, a.chi_square, information) {
        (Some(hr), Some(p), _, _) => Ok(Printed::RatioAndP { hr, p }),
        (Some(hr), None, _, Some(information)) => Ok(Printed::RatioAndEvents { hr, information }),
        (None, Some(p), _, Some(information)) => Ok(Printed::PAndEvents { p, information, favours_active }),
        (None, None, Some(chi_square), Some(information)) => {
            Ok(Printed::ChiSquare { chi_square, information, favours_active })
        }
        _ => Err(usage("These flags make no hazard ratio").allowed(
            "--o-minus-e --v; --hr --ci-lower --ci-upper; --hr --p; --hr, --p or --chi-square with --events or --arm-events",
        )),
    }
}

fn information(a: &Arguments) -> Result<Option<Information>, Diagnostic> {
    match (a.events, a.allocation.as_slice(), a.arm_events.as_slice()) {
        (None, [], []) => Ok(None),
        (Some(events), [], []) => Ok(Some(Information::Events(events))),
        (Some(events), &[active, control], []) => Ok(Some(Information::Allocated {
            events,
            active,
            control,
        })),
        (None, [], &[active, control]) => Ok(Some(Information::PerArm { active, control })),
        _ => Err(usage(
            "--allocation and --arm-events hold two numbers, active then control",
        )),
    }
}
