//! `onset survival`: reconstructed curves, restricted means, hazard ratios.

mod hr;
mod km;
mod rmst;

use crate::failure::Failure;
use crate::output::Output;
use clap::{Args, Subcommand};

/// Arguments of `onset survival`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Follow-up of each person from a digitised Kaplan-Meier curve and its numbers at risk
    Km(km::Arguments),
    /// Restricted mean survival of trials at several horizons, pooled alone and together
    Rmst(rmst::Arguments),
    /// Hazard ratio and standard error from whatever is printed
    Hr(hr::Arguments),
}

/// The asked part.
///
/// # Errors
/// As each part says.
pub fn run(arguments: &Arguments) -> Result<Output, Failure> {
    match &arguments.what {
        What::Km(arguments) => Ok(km::run(arguments)?),
        What::Rmst(arguments) => Ok(rmst::run(arguments)?),
        What::Hr(arguments) => Ok(hr::run(arguments)?),
    }
}
