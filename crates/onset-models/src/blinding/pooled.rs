//! Bang's indices of both arms over trials.

use super::indices::Bang;
use crate::multilevel::{Likelihood, MultilevelError, Options, Random, Sampling, Structure, multilevel};
use crate::pool::Solution;
use crate::regress::Design;
use onset_effects::Effects;
use onset_math::normal;

/// What the signs of the two means say about guessing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Guessing {
    /// Both intervals above 0: people in both arms could tell.
    Unblinded,
    /// Active arm above 0, control arm below: everybody believed in having got the active treatment.
    Wishful,
    /// Active arm below 0, control arm above: everybody believed in having got the control.
    Disappointed,
    /// The intervals do not say.
    Unclear,
}

/// Mean indices of both arms, and the mean difference in belief.
#[derive(Debug, Clone)]
pub struct PooledBang {
    /// Trials.
    pub k: usize,
    /// Mean index of the active arm, with its standard error.
    pub active: Bang,
    /// The same of the control arm.
    pub control: Bang,
    /// Covariance of the two means.
    pub covariance: f64,
    /// Between-trial variances of the active and the control arm.
    pub tau2: [f64; 2],
    /// Their correlation.
    pub rho: f64,
    /// B = (active + control) / 2, the difference in belief, with its standard error.
    pub difference: Bang,
    /// REML log likelihood.
    pub loglik: f64,
    /// How the search ended: with few trials often at a boundary.
    pub solution: Solution,
    /// What the signs say, at `level`.
    pub guessing: Guessing,
}

/// Fewest trials of which two variances and a correlation can be asked.
pub const POOLED_FROM: usize = 3;

/// # Formula
/// (BI_T, BI_C)_i ~ N(mu, diag(v_Ti, v_Ci) + G), G unstructured, by REML: the arms of a trial are different people, so
/// that their errors are independent and only the true indices are correlated. B = (mu_T + mu_C) / 2 with
/// var B = (var mu_T + var mu_C + 2 cov) / 4.
/// # Inputs
/// `trials`: (active arm, control arm) of each trial. `level` of the intervals behind `guessing`.
/// # Errors
/// `TooFewEffects` below three trials, `NotFinite` for standard errors of 0 or below.
/// # Source
/// Bang 2004, Control Clin Trials 25:143 for the index and its scenarios; van Houwelingen 2002, Stat Med 21:589 for the
/// bivariate model.
pub fn pooled_bang(trials: &[(Bang, Bang)], level: f64) -> Result<PooledBang, MultilevelError> {
    let k = trials.len();
    if k < POOLED_FROM {
        return Err(MultilevelError::TooFewEffects {
            found: 2 * k,
            needed: 2 * POOLED_FROM,
        });
    }
    let both = trials.iter().flat_map(|(active, control)| [active, control]);
    let y: Vec<f64> = both.clone().map(|bang| bang.estimate).collect();
    let v: Vec<f64> = both
        .map(|bang| bang.standard_error * bang.standard_error)
        .collect();
    let names: Vec<String> = (0..2 * k).map(|row| (row / 2).to_string()).collect();
    let trial: Vec<&str> = names.iter().map(String::as_str).collect();
    let arm: Vec<&str> = (0..2 * k)
        .map(|row| if row % 2 == 0 { "1" } else { "2" })
        .collect();
    let sampling = Sampling::independent(&v)?;
    let effects = Effects::new(y, v, names.clone()).map_err(|_| MultilevelError::NotFinite {
        quantity: "an index or its variance",
    })?;
    let x = (0..2 * k)
        .flat_map(|row| if row % 2 == 0 { [1.0, 0.0] } else { [0.0, 1.0] })
        .collect();
    let design = Design::new(vec!["active".to_owned(), "control".to_owned()], x, false)
        .map_err(crate::regress::RegressError::from)?;
    let random = vec![Random::structured(
        ("arm", &arm),
        ("trial", &trial),
        Structure::Un,
    )?];
    let options = Options {
        method: Likelihood::Reml,
        level,
        intervals: false,
    };
    let fit = multilevel(&effects, &design, sampling, random, &options)?.value;
    let mean = |i: usize| Bang {
        estimate: fit.coefficients.get(i).map_or(0.0, |c| c.estimate.estimate),
        standard_error: fit.coefficients.get(i).map_or(0.0, |c| c.estimate.standard_error),
    };
    let (active, control) = (mean(0), mean(1));
    let covariance = fit.covariance[(0, 1)];
    let (va, vc) = (active.standard_error.powi(2), control.standard_error.powi(2));
    let half = normal::quantile(0.5 + level / 2.0);
    let sign = |bang: &Bang| {
        let reach = half * bang.standard_error;
        if bang.estimate - reach > 0.0 {
            1
        } else if bang.estimate + reach < 0.0 {
            -1
        } else {
            0
        }
    };
    let guessing = match (sign(&active), sign(&control)) {
        (1, 1) => Guessing::Unblinded,
        (1, -1) => Guessing::Wishful,
        (-1, 1) => Guessing::Disappointed,
        _ => Guessing::Unclear,
    };
    let value = |list: &[crate::multilevel::Component], i: usize| list.get(i).map_or(0.0, |c| c.value);
    Ok(PooledBang {
        k,
        active,
        control,
        covariance,
        tau2: [value(&fit.tau2, 0), value(&fit.tau2, 1)],
        rho: value(&fit.rho, 0),
        difference: Bang {
            estimate: 0.5 * (active.estimate + control.estimate),
            standard_error: 0.5 * (va + vc + 2.0 * covariance).max(0.0).sqrt(),
        },
        loglik: fit.loglik(),
        solution: fit.solution,
        guessing,
    })
}
