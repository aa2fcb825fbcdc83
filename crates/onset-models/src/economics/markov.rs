//! A cohort in states, cycle by cycle, with half-cycle correction and discounting.

use super::EconomicsError;
use serde::Serialize;

/// One cycle: where people go, and what a state costs and is worth meanwhile.
#[derive(Debug, Clone, PartialEq)]
pub struct Cycle {
    /// Row-major states x states: from the row's state to the column's.
    pub transition: Vec<f64>,
    /// Cost of a whole cycle in each state.
    pub cost: Vec<f64>,
    /// Utility (a year at 1 is one QALY) in each state.
    pub utility: Vec<f64>,
}

/// A model: where people start, and its cycles.
#[derive(Debug, Clone, PartialEq)]
pub struct Cohort {
    /// Shares of people at the start; they add up to 1.
    pub start: Vec<f64>,
    /// Cycles in their order; the last one is repeated to the horizon.
    pub cycles: Vec<Cycle>,
    /// Number of cycles to the horizon.
    pub horizon: usize,
    /// Length of a cycle in years.
    pub years: f64,
    /// Yearly discount rate of costs and utilities.
    pub discount: f64,
}

/// What the cohort spends and gains, a person.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Trace {
    /// Shares in each state after each cycle, the start first.
    pub shares: Vec<Vec<f64>>,
    /// Discounted cost.
    pub cost: f64,
    /// Discounted quality-adjusted life years.
    pub qaly: f64,
    /// Undiscounted years in each state.
    pub years: Vec<f64>,
}

/// How far a row of probabilities may be from 1.
const ROUNDING: f64 = 1e-9;

/// Runs a cohort to its horizon.
///
/// # Formula
/// p_(t+1) = p_t T_t; in cycle t people are counted as the mean of p_t and p_(t+1) (half-cycle correction), discounted by
/// (1 + r)^-(years (t + 1/2)).
/// # Errors
/// `Shape`, `NotAProbability`, `NotFinite`.
/// # Source
/// Sonnenberg & Beck 1993, Med Decis Making 13:322; Briggs, Claxton & Sculpher 2006, chapter 2.
pub fn cohort(model: &Cohort) -> Result<Trace, EconomicsError> {
    let states = model.start.len();
    let shape = |what, found, needed| {
        if found == needed {
            Ok(())
        } else {
            Err(EconomicsError::Shape { what, found, needed })
        }
    };
    probabilities(&model.start, states, 0)?;
    if model.cycles.is_empty() {
        return Err(EconomicsError::Shape {
            what: "list of cycles",
            found: 0,
            needed: 1,
        });
    }
    for (number, cycle) in model.cycles.iter().enumerate() {
        shape("transition matrix", cycle.transition.len(), states * states)?;
        shape("list of costs", cycle.cost.len(), states)?;
        shape("list of utilities", cycle.utility.len(), states)?;
        for (state, row) in cycle.transition.chunks(states.max(1)).enumerate() {
            probabilities(row, state, number)?;
        }
    }
    let mut trace = Trace {
        shares: vec![model.start.clone()],
        cost: 0.0,
        qaly: 0.0,
        years: vec![0.0; states],
    };
    let mut now = model.start.clone();
    for t in 0..model.horizon {
        let Some(cycle) = model.cycles.get(t).or(model.cycles.last()) else {
            break;
        };
        let mut next = vec![0.0; states];
        for (share, row) in now.iter().zip(cycle.transition.chunks(states)) {
            for (to, p) in next.iter_mut().zip(row) {
                *to += share * p;
            }
        }
        let weight = (1.0 + model.discount).powf(-model.years * (t as f64 + 0.5));
        let meanwhile = now.iter().zip(&next).map(|(a, b)| 0.5 * (a + b));
        for (state, share) in meanwhile.enumerate() {
            let (cost, utility) = (cycle.cost.get(state), cycle.utility.get(state));
            trace.cost += weight * share * cost.copied().unwrap_or_default();
            trace.qaly += weight * share * utility.copied().unwrap_or_default() * model.years;
            if let Some(years) = trace.years.get_mut(state) {
                *years += share * model.years;
            }
        }
        trace.shares.push(next.clone());
        now = next;
    }
    if trace.cost.is_finite() && trace.qaly.is_finite() {
        Ok(trace)
    } else {
        Err(EconomicsError::NotFinite {
            what: "the sum of costs or utilities",
        })
    }
}

fn probabilities(row: &[f64], state: usize, cycle: usize) -> Result<(), EconomicsError> {
    let found: f64 = row.iter().sum();
    let inside = row.iter().all(|p| (0.0..=1.0).contains(p));
    if inside && (found - 1.0).abs() < ROUNDING {
        Ok(())
    } else {
        Err(EconomicsError::NotAProbability { state, cycle, found })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn two_states(leave: f64, discount: f64, horizon: usize) -> Cohort {
        Cohort {
            start: vec![1.0, 0.0],
            cycles: vec![Cycle {
                transition: vec![1.0 - leave, leave, 0.0, 1.0],
                cost: vec![100.0, 0.0],
                utility: vec![1.0, 0.0],
            }],
            horizon,
            years: 1.0,
            discount,
        }
    }

    #[test]
    fn a_geometric_series_by_hand() {
        // shares 1, .8, .64, .512: half-cycle sums .9 + .72 + .576
        let trace = cohort(&two_states(0.2, 0.0, 3)).unwrap();
        assert!((trace.qaly - 2.196).abs() < 1e-12);
        assert!((trace.cost - 219.6).abs() < 1e-10);
        assert!((trace.years[0] + trace.years[1] - 3.0).abs() < 1e-12);
        assert!((trace.shares[3][0] - 0.512).abs() < 1e-15);
    }

    #[test]
    fn discounting_at_the_middle_of_each_cycle() {
        let trace = cohort(&two_states(0.0, 0.03, 2)).unwrap();
        let expected = 1.03_f64.powf(-0.5) + 1.03_f64.powf(-1.5);
        assert!((trace.qaly - expected).abs() < 1e-12);
    }

    #[test]
    fn rows_that_do_not_add_up_are_refused() {
        let mut model = two_states(0.2, 0.0, 3);
        model.cycles[0].transition[1] = 0.3;
        assert!(matches!(
            cohort(&model),
            Err(EconomicsError::NotAProbability { state: 0, .. })
        ));
        model.cycles[0].transition.pop();
        assert!(matches!(cohort(&model), Err(EconomicsError::Shape { .. })));
    }
}
