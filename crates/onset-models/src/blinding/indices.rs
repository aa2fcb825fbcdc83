//! James and Bang blinding indices and the difference in belief between arms.

use thiserror::Error;

/// Why an index cannot be computed.
#[derive(Debug, Clone, PartialEq, Error)]
#[non_exhaustive]
pub enum BlindingError {
    /// An arm in which nobody was asked.
    #[error("the {arm} arm has no guesses")]
    EmptyArm {
        /// "active" or "control".
        arm: &'static str,
    },
    /// Everybody guessed the same side, or nobody guessed: chance disagreement is 0.
    #[error("the James index needs guesses on both sides: chance disagreement is 0 here")]
    NoDisagreement,
    /// A stratum that the curve needs is empty.
    #[error("nobody in the {arm} arm guessed {guess}: the curve needs people in all four strata")]
    EmptyStratum {
        /// Arm.
        arm: &'static str,
        /// Guess.
        guess: &'static str,
    },
}

/// Guesses of one arm, in people.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct ArmGuesses {
    /// Guessed the active treatment.
    pub active: f64,
    /// Guessed the control.
    pub control: f64,
    /// Said "don't know".
    pub dont_know: f64,
}

impl ArmGuesses {
    /// People asked.
    pub fn n(&self) -> f64 {
        self.active + self.control + self.dont_know
    }
}

/// James blinding index: 0 unblinded, 0.5 guesses at random, 1 everybody says "don't know".
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct James {
    /// Index, 0 to 1.
    pub estimate: f64,
    /// Standard error.
    pub standard_error: f64,
}

/// Bang blinding index of one arm: 1 all correct, 0 at random, -1 all wrong.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bang {
    /// Index, -1 to 1.
    pub estimate: f64,
    /// Standard error.
    pub standard_error: f64,
}

/// Difference in belief between arms, belief scored 1 (active), 1/2 (don't know), 0 (control).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Difference {
    /// B = (Bang of the active arm + Bang of the control arm) / 2, -1 to 1.
    pub estimate: f64,
    /// Standard error.
    pub standard_error: f64,
}

/// # Formula
/// BI = (1 + P_dk + (1 - P_dk) K) / 2, K = (P_o - P_e)/P_e over those who guessed, with weight 0 for
/// a correct and 1/2 for a wrong guess. With d = 1 - P_dk, A the share of wrong guesses and
/// E = r1 c2 + r2 c1 from the margins of those who guessed, BI = P_dk + A d^2 / (2 E). The variance is
/// the delta method's under one multinomial over both arms.
/// # Errors
/// `EmptyArm`, `NoDisagreement`.
/// # Source
/// James et al. 1996, Stat Med 15:1421.
///
/// ```
/// use onset_models::blinding::{ArmGuesses, james};
/// let active = ArmGuesses { active: 82.0, control: 25.0, dont_know: 170.0 };
/// let control = ArmGuesses { active: 27.0, control: 29.0, dont_know: 83.0 };
/// let index = james(&active, &control).unwrap();
/// assert!((index.estimate - 0.7479).abs() < 5e-5);
/// ```
pub fn james(active: &ArmGuesses, control: &ArmGuesses) -> Result<James, BlindingError> {
    check(active, "active")?;
    check(control, "control")?;
    let n = active.n() + control.n();
    let [a, b, c, e] = [active.active, active.control, control.active, control.control].map(|x| x / n);
    let unknown = (active.dont_know + control.dont_know) / n;
    let (r1, r2, c1, c2) = (a + b, c + e, a + c, b + e);
    let (guessed, wrong, chance) = (a + b + c + e, b + c, r1 * c2 + r2 * c1);
    if chance <= 0.0 {
        return if guessed <= 0.0 {
            Ok(James {
                estimate: 1.0,
                standard_error: 0.0,
            })
        } else {
            Err(BlindingError::NoDisagreement)
        };
    }
    let estimate = unknown + wrong * guessed * guessed / (2.0 * chance);
    let slope = |d_wrong: f64, d_chance: f64| {
        d_wrong * guessed * guessed / (2.0 * chance) + wrong * guessed / chance
            - wrong * guessed * guessed * d_chance / (2.0 * chance * chance)
    };
    let slopes = [
        slope(0.0, c2 + r2),
        slope(1.0, c2 + r1),
        slope(1.0, c1 + r2),
        slope(0.0, r1 + c1),
        1.0,
    ];
    let shares = [a, b, c, e, unknown];
    let mean: f64 = slopes.iter().zip(shares).map(|(g, p)| g * p).sum();
    let square: f64 = slopes.iter().zip(shares).map(|(g, p)| g * g * p).sum();
    Ok(James {
        estimate,
        standard_error: ((square - mean * mean).max(0.0) / n).sqrt(),
    })
}

/// # Formula
/// BI = p_c - p_w, Var = (p_c (1 - p_c) + p_w (1 - p_w) + 2 p_c p_w) / n, with p_c and p_w the shares of
/// correct and wrong guesses of the arm; `correct` is the side that arm was given.
/// # Errors
/// `EmptyArm`.
/// # Source
/// Bang, Ni & Davis 2004, Control Clin Trials 25:143.
pub fn bang(guesses: &ArmGuesses, active_arm: bool) -> Result<Bang, BlindingError> {
    check(guesses, if active_arm { "active" } else { "control" })?;
    let n = guesses.n();
    let (right, wrong) = if active_arm {
        (guesses.active, guesses.control)
    } else {
        (guesses.control, guesses.active)
    };
    let (right, wrong) = (right / n, wrong / n);
    let variance = (right * (1.0 - right) + wrong * (1.0 - wrong) + 2.0 * right * wrong) / n;
    Ok(Bang {
        estimate: right - wrong,
        standard_error: variance.sqrt(),
    })
}

/// # Formula
/// B = E[belief | active arm] - E[belief | control arm] = (BI_active + BI_control) / 2; the arms are
/// independent, so Var(B) is the sum of their variances over 4.
/// # Errors
/// `EmptyArm`.
pub fn belief_difference(active: &ArmGuesses, control: &ArmGuesses) -> Result<Difference, BlindingError> {
    let (t, c) = (bang(active, true)?, bang(control, false)?);
    Ok(Difference {
        estimate: 0.5 * (t.estimate + c.estimate),
        standard_error: 0.5 * t.standard_error.hypot(c.standard_error),
    })
}

fn check(guesses: &ArmGuesses, arm: &'static str) -> Result<(), BlindingError> {
    if guesses.n() > 0.0 {
        Ok(())
    } else {
        Err(BlindingError::EmptyArm { arm })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arm(active: f64, control: f64, dont_know: f64) -> ArmGuesses {
        ArmGuesses {
            active,
            control,
            dont_know,
        }
    }

    /// Printed to four decimals.
    const PRINTED: f64 = 5.1e-5;

    #[test]
    fn printed_indices() {
        // CRISP participants, then Houweling coordinators and patients, then Lii 2023.
        let cases = [
            (
                arm(82.0, 25.0, 170.0),
                arm(27.0, 29.0, 83.0),
                [0.7479, 0.0217, 0.2058, 0.0352, 0.0144, 0.0538],
            ),
            (
                arm(143.0, 14.0, 188.0),
                arm(104.0, 57.0, 175.0),
                [0.7051, 0.0159, 0.3739, 0.0302, -0.1399, 0.0370],
            ),
            (
                arm(9.0, 5.0, 5.0),
                arm(8.0, 5.0, 6.0),
                [0.6349, 0.0766, 0.2105, 0.1909, -0.1579, 0.1863],
            ),
        ];
        for (active, control, wanted) in cases {
            let james = james(&active, &control).unwrap();
            let (t, c) = (bang(&active, true).unwrap(), bang(&control, false).unwrap());
            let found = [
                james.estimate,
                james.standard_error,
                t.estimate,
                t.standard_error,
                c.estimate,
                c.standard_error,
            ];
            for (found, wanted) in found.iter().zip(wanted) {
                assert!((found - wanted).abs() < PRINTED, "{found} v {wanted}");
            }
        }
    }

    #[test]
    fn belief_difference_of_lii() {
        let b = belief_difference(&arm(9.0, 5.0, 5.0), &arm(8.0, 5.0, 6.0)).unwrap();
        assert!((b.estimate - 1.0 / 38.0).abs() < 1e-12);
    }

    #[test]
    fn swapping_arms_and_guesses_changes_nothing() {
        let (t, c) = (arm(82.0, 25.0, 170.0), arm(27.0, 29.0, 83.0));
        let turn = |g: ArmGuesses| arm(g.control, g.active, g.dont_know);
        let (one, other) = (james(&t, &c).unwrap(), james(&turn(c), &turn(t)).unwrap());
        assert!((one.estimate - other.estimate).abs() < 1e-14);
        assert!((one.standard_error - other.standard_error).abs() < 1e-14);
    }

    #[test]
    fn edges() {
        assert_eq!(
            james(&arm(0.0, 0.0, 5.0), &arm(0.0, 0.0, 5.0)).unwrap().estimate,
            1.0
        );
        assert_eq!(
            james(&arm(10.0, 0.0, 0.0), &arm(0.0, 10.0, 0.0))
                .unwrap()
                .estimate,
            0.0
        );
        assert_eq!(
            james(&arm(5.0, 0.0, 0.0), &arm(5.0, 0.0, 0.0)).unwrap().estimate,
            0.5
        );
        assert_eq!(
            james(&arm(5.0, 0.0, 0.0), &arm(0.0, 0.0, 5.0)),
            Err(BlindingError::NoDisagreement)
        );
        assert!(bang(&arm(0.0, 0.0, 0.0), true).is_err());
    }
}
