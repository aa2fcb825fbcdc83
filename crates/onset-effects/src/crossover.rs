//! Crossover trials: everybody gets both treatments, and a correlation has to be declared.

use crate::change::{self, Paired};
use crate::check::{at_least, positive, undefined, within};
use crate::{Effect, EffectError, Input};

/// Mean difference: y = m1 - m2, v = (s1^2 + s2^2 - 2 r s1 s2)/n.
///
/// # Errors
/// `Overflow`.
///
/// # Source
/// Elbourne et al. 2002, Int J Epidemiol 31:140.
pub fn mean_difference(p: Paired) -> Result<Effect, EffectError> {
    change::mean_change(p)
}

/// Standardised mean difference in the parallel-group standard deviation, so that it may be pooled with
/// parallel trials: y = (m1 - m2)/s, s^2 = (s1^2 + s2^2)/2, v = (1/n + y^2/(2n)) 2 (1 - r).
///
/// No small-sample correction, as in the source.
///
/// # Errors
/// `Undefined` when both standard deviations are 0.
///
/// # Source
/// Curtin, Altman & Elbourne 2002, Stat Med 21:2131; Cochrane Handbook 23.2.7.
pub fn smd(p: Paired) -> Result<Effect, EffectError> {
    let s = (p.sd1 / 2.0_f64.sqrt()).hypot(p.sd2 / 2.0_f64.sqrt());
    if s == 0.0 {
        return undefined("both standard deviations are 0");
    }
    let y = (p.mean1 - p.mean2) / s;
    Effect::finite(y, (1.0 / p.n + y * y / (2.0 * p.n)) * 2.0 * (1.0 - p.r))
}

/// Marginal log odds ratio from the two margins and a declared correlation (phi) of the paired outcomes.
///
/// y = ln(p1/q1) - ln(p2/q2), v = 1/(n p1 q1) + 1/(n p2 q2) - 2 r/(n sqrt(p1 q1 p2 q2)).
///
/// # Errors
/// `EventsExceedTotal`; `Undefined` when a margin is empty; `OutOfRange` when no table with these margins
/// has this correlation.
///
/// # Source
/// Becker & Balagtas 1993, Biometrics 49:997; Elbourne et al. 2002.
pub fn log_odds_ratio(events1: f64, events2: f64, n: f64, r: f64) -> Result<Effect, EffectError> {
    let n = positive(Input::Ni, n)?;
    let others1 = crate::two_by_two::non_events(Input::Ai, events1, Input::Ni, n)?;
    let others2 = crate::two_by_two::non_events(Input::Ci, events2, Input::Ni, n)?;
    if [events1, events2, others1, others2].contains(&0.0) {
        return undefined("nobody or everybody has the event under one treatment");
    }
    let (p1, p2) = (events1 / n, events2 / n);
    let root = (p1 * (1.0 - p1) * p2 * (1.0 - p2)).sqrt();
    let lowest = ((p1 + p2 - 1.0).max(0.0) - p1 * p2) / root;
    let highest = (p1.min(p2) - p1 * p2) / root;
    let r = within(Input::Ri, r, lowest, highest)?;
    at_least(Input::Ni, n, 2.0)?;
    let v = (n / events1 / others1) + (n / events2 / others2) - 2.0 * r / (n * root);
    Effect::finite((events1 / others1).ln() - (events2 / others2).ln(), v.max(0.0))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::matched_pairs::{self, Pairs};

    #[test]
    fn by_hand() {
        // s^2 = 4, y = 1; v = (1/8 + 1/16) * 2 * 0.3.
        let p = Paired::new([10.0, 8.0], [2.0, 2.0], 0.7, 8.0).unwrap();
        let e = smd(p).unwrap();
        assert!((e.y - 1.0).abs() < 1e-15 && (e.v - 0.1875 * 0.6).abs() < 1e-15);
        let md = mean_difference(p).unwrap();
        assert!((md.v - (8.0 - 5.6) / 8.0).abs() < 1e-15);
    }

    /// With the correlation of the paired table itself, the margins give what the table gives.
    #[test]
    fn the_margins_and_phi_give_the_paired_result() {
        let t = Pairs::new(20.0, 10.0, 5.0, 15.0).unwrap();
        let phi = (20.0 * 15.0 - 10.0 * 5.0) / f64::sqrt(30.0 * 20.0 * 25.0 * 25.0);
        let (whole, margins) = (
            matched_pairs::log_odds_ratio(t).unwrap(),
            log_odds_ratio(30.0, 25.0, 50.0, phi).unwrap(),
        );
        assert!((whole.y - margins.y).abs() < 1e-15 && (whole.v - margins.v).abs() < 1e-15);
        assert!(matches!(
            log_odds_ratio(30.0, 25.0, 50.0, 0.99),
            Err(EffectError::OutOfRange { .. })
        ));
        assert!(log_odds_ratio(0.0, 25.0, 50.0, 0.0).unwrap_err().is_undefined());
    }
}
