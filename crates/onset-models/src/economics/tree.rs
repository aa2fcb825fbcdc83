//! A short tree to the end of a trial window, then a cohort month by month.

use super::{Cohort, Cycle, EconomicsError, cohort};
use serde::{Deserialize, Serialize};

/// States of the model, in the order of its lists.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Health {
    /// Remission.
    Remission,
    /// Response without remission.
    Response,
    /// Neither.
    Depressed,
    /// Off treatment.
    Off,
    /// Dead.
    Dead,
}

impl Health {
    /// All of them, in their order.
    pub const ALL: [Health; STATES] = [
        Health::Remission,
        Health::Response,
        Health::Depressed,
        Health::Off,
        Health::Dead,
    ];

    /// Its place in the lists.
    pub fn place(self) -> usize {
        match self {
            Health::Remission => 0,
            Health::Response => 1,
            Health::Depressed => 2,
            Health::Off => 3,
            Health::Dead => 4,
        }
    }

    /// As in a protocol.
    pub fn code(self) -> &'static str {
        match self {
            Health::Remission => "remission",
            Health::Response => "response",
            Health::Depressed => "depressed",
            Health::Off => "off",
            Health::Dead => "dead",
        }
    }
}

/// Number of states.
pub const STATES: usize = 5;
/// Length of a cycle in years.
pub const MONTH: f64 = 1.0 / 12.0;

/// What is alike in both arms.
#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    /// Length of the tree in years.
    pub window_years: f64,
    /// Monthly cycles after it.
    pub months: usize,
    /// Yearly discount rate of costs and utilities.
    pub discount: f64,
    /// Utility in each state.
    pub utility: [f64; STATES],
}

/// One arm.
#[derive(Debug, Clone, PartialEq)]
pub struct TreeArm {
    /// P(remission) at the end of the window.
    pub remission: f64,
    /// P(response, remission included).
    pub response: f64,
    /// P(off treatment at the end of the window), taken from those without response.
    pub off: f64,
    /// Cost of the window a person.
    pub window_cost: f64,
    /// Monthly transitions, row-major.
    pub transition: [f64; STATES * STATES],
    /// Monthly cost in each state.
    pub cost: [f64; STATES],
}

/// What one arm spends and gains, a person.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TreeTotal {
    /// Discounted cost.
    pub cost: f64,
    /// Discounted quality-adjusted life years.
    pub qaly: f64,
    /// Months in each state after the window, undiscounted.
    pub months: [f64; STATES],
    /// Shares in each state at the end of the window.
    pub start: [f64; STATES],
}

/// Runs the tree and the months after it.
///
/// # Formula
/// At the end of the window (length w years): remission p_rem, response p_resp - p_rem, off min(off, 1 - p_resp), depressed the
/// rest. Everybody starts depressed, and utility changes linearly over the window: w (u_depressed + sum p_s u_s)/2. Then the
/// cohort of [`cohort`], discounted by a further (1 + r)^-w.
/// # Inputs
/// Probabilities in 0..1 with remission <= response; utilities at most 1.
/// # Errors
/// `Tree`, and those of [`cohort`].
/// # Source
/// Briggs, Claxton & Sculpher 2006, chapter 2.
pub fn tree(plan: &Plan, arm: &TreeArm) -> Result<TreeTotal, EconomicsError> {
    let inside = |p: f64| (0.0..=1.0).contains(&p);
    if !(inside(arm.remission) && inside(arm.response) && inside(arm.off)) || arm.remission > arm.response {
        return Err(EconomicsError::Tree {
            remission: arm.remission,
            response: arm.response,
        });
    }
    if !(plan.window_years >= 0.0 && plan.window_years.is_finite() && arm.window_cost.is_finite()) {
        return Err(EconomicsError::NotFinite {
            what: "the length or the cost of the window",
        });
    }
    let off = arm.off.min(1.0 - arm.response);
    let start = [
        arm.remission,
        arm.response - arm.remission,
        (1.0 - arm.response - off).max(0.0),
        off,
        0.0,
    ];
    let depressed = plan.utility[Health::Depressed.place()];
    let end: f64 = start.iter().zip(&plan.utility).map(|(p, u)| p * u).sum();
    let model = Cohort {
        start: start.to_vec(),
        cycles: vec![Cycle {
            transition: arm.transition.to_vec(),
            cost: arm.cost.to_vec(),
            utility: plan.utility.to_vec(),
        }],
        horizon: plan.months,
        years: MONTH,
        discount: plan.discount,
    };
    let trace = cohort(&model)?;
    let later = (1.0 + plan.discount).powf(-plan.window_years);
    let mut months = [0.0; STATES];
    for (month, years) in months.iter_mut().zip(&trace.years) {
        *month = years / MONTH;
    }
    Ok(TreeTotal {
        cost: arm.window_cost + later * trace.cost,
        qaly: plan.window_years * 0.5 * (depressed + end) + later * trace.qaly,
        months,
        start,
    })
}

/// Rows of transitions in which nobody moves.
pub fn stay() -> [f64; STATES * STATES] {
    let mut rows = [0.0; STATES * STATES];
    for diagonal in rows.iter_mut().step_by(STATES + 1) {
        *diagonal = 1.0;
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Closed forms by hand.
    const EXACT: f64 = 1e-12;

    fn plan(months: usize, discount: f64) -> Plan {
        Plan {
            window_years: MONTH,
            months,
            discount,
            utility: [0.9, 0.7, 0.5, 0.4, 0.0],
        }
    }

    fn arm() -> TreeArm {
        TreeArm {
            remission: 0.3,
            response: 0.5,
            off: 0.1,
            window_cost: 1000.0,
            transition: stay(),
            cost: [100.0, 50.0, 20.0, 0.0, 0.0],
        }
    }

    #[test]
    fn the_tree_by_hand() {
        // .3 x .9 + .2 x .7 + .4 x .5 + .1 x .4 = .65; (.5 + .65)/2/12
        let total = tree(&plan(0, 0.03), &arm()).unwrap();
        assert!((total.qaly - 0.575 / 12.0).abs() < EXACT);
        assert_eq!(total.cost, 1000.0);
        assert_eq!(total.months, [0.0; STATES]);
    }

    #[test]
    fn months_after_the_tree_by_hand() {
        // nobody moves: a month costs 30 + 10 + 8 = 48 and gives .65/12
        let total = tree(&plan(6, 0.0), &arm()).unwrap();
        assert!((total.qaly - (0.575 + 6.0 * 0.65) / 12.0).abs() < EXACT);
        assert!((total.cost - 1288.0).abs() < 1e-9);
        assert!((total.months[0] - 1.8).abs() < EXACT);
        // half of the remitters relapse each month: .3, .15, .075
        let mut moving = arm();
        moving.transition[Health::Remission.place()] = 0.5;
        moving.transition[Health::Depressed.place()] = 0.5;
        let total = tree(&plan(2, 0.0), &moving).unwrap();
        assert!((total.months[0] - (0.225 + 0.1125)).abs() < EXACT);
    }

    #[test]
    fn discounting_starts_at_the_start_of_the_tree() {
        let total = tree(&plan(1, 0.03), &arm()).unwrap();
        let weight = 1.03_f64.powf(-1.5 / 12.0);
        assert!((total.cost - 1000.0 - 48.0 * weight).abs() < 1e-9);
    }

    #[test]
    fn more_leave_than_are_without_response() {
        let mut many = arm();
        many.off = 0.9;
        let total = tree(&plan(0, 0.0), &many).unwrap();
        assert_eq!(total.start[Health::Off.place()], 0.5);
        assert_eq!(total.start[Health::Depressed.place()], 0.0);
    }

    #[test]
    fn more_remitters_than_responders_are_refused() {
        let mut wrong = arm();
        wrong.remission = 0.6;
        assert!(matches!(
            tree(&plan(1, 0.0), &wrong),
            Err(EconomicsError::Tree { .. })
        ));
    }
}
