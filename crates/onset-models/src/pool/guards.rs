//! The defaults that depend on the data: which test, which intervals beside it.

use super::options::{Method, Test};
use super::prediction::PredictionKind;
use onset_data::Diagnostic;

pub(super) const SINGLE_STUDY: &str =
    "one study: the result is that study's, and nothing is known about heterogeneity";
pub(super) const SINGLE_TEST: &str = "one study leaves no degrees of freedom: normal quantiles are used";
pub(super) const EMPTY_INTERVAL: &str = "the effects agree better than their variances allow: no tau2 is compatible, and the interval of tau2 is empty (printed as 0 to 0)";

/// The test of the mean when none is asked for.
///
/// Hartung-Knapp from three studies and tau2 > 0; Wald's normal interval for the common effect, for
/// fewer studies, and where tau2 = 0 (Hartung-Knapp could then be narrower than the common-effect
/// interval). Each departure is noted.
///
/// # Source
/// Cochrane methods page on random-effects methods (2024); Roever, Knapp & Friede 2015; Jackson et
/// al. 2017, Stat Med 36:3923.
pub fn guarded_test(method: Method, k: usize, tau2: f64, warnings: &mut Vec<Diagnostic>) -> Test {
    if method == Method::Common {
        return Test::Z;
    }
    if k < 3 {
        warnings.push(Diagnostic::note(
            "hartung_knapp_too_few",
            "Hartung-Knapp needs three studies: the Wald interval is given, and it is likely to be too narrow",
        ));
        return Test::Z;
    }
    if tau2 <= 0.0 {
        warnings.push(Diagnostic::note(
            "hartung_knapp_tau2_zero",
            "tau2 is 0: the Wald interval is given, because Hartung-Knapp could be narrower than the common-effect interval",
        ));
        return Test::Z;
    }
    Test::Knha
}

/// Whether the modified Hartung-Knapp interval stands beside: k <= 5 and the largest precision 1/v
/// above three times the median.
pub fn unequal_precision(v: &[f64]) -> bool {
    if v.is_empty() || v.len() > 5 {
        return false;
    }
    let mut sorted = [0.0; 5];
    sorted[..v.len()].copy_from_slice(v);
    let sorted = &mut sorted[..v.len()];
    sorted.sort_by(f64::total_cmp);
    let precision = |i: usize| 1.0 / sorted[i];
    let (low, high) = ((v.len() - 1) / 2, v.len() / 2);
    precision(0) > 3.0 * 0.5 * (precision(low) + precision(high))
}

/// Whether the default prediction interval is printed: k >= 5 and tau2 > 0.
pub(super) fn prediction_allowed(k: usize, tau2: f64, warnings: &mut Vec<Diagnostic>) -> bool {
    if tau2 <= 0.0 {
        warnings.push(Diagnostic::note(
            "prediction_tau2_zero",
            "tau2 is 0: no prediction interval is given, since it would only repeat the confidence interval",
        ));
        return false;
    }
    if k < 5 {
        warnings.push(Diagnostic::note(
            "prediction_few_studies",
            "fewer than five studies: a prediction interval is given on request only",
        ));
        return false;
    }
    true
}

/// Notes about a prediction interval that was asked for.
pub(super) fn prediction_on_request(
    k: usize,
    tau2: f64,
    kind: PredictionKind,
    warnings: &mut Vec<Diagnostic>,
) {
    if k < 3 {
        let text = format!("{k} studies: the {} prediction interval needs three", kind.code());
        warnings.push(Diagnostic::warning("prediction_too_few", text));
    } else if tau2 <= 0.0 {
        warnings.push(Diagnostic::note(
            "prediction_tau2_zero",
            "tau2 is 0: the prediction interval only repeats the uncertainty of the mean",
        ));
    }
}
