//! Proportional hazards of two arms.

use super::error::SurvivalError;
use super::kaplan_meier::Patient;

/// Log hazard ratio of active over control.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cox {
    /// ln HR.
    pub ln_hr: f64,
    /// Its standard error.
    pub standard_error: f64,
    /// Newton steps.
    pub iterations: u32,
}

/// A Newton step below this ends the search; quadratic convergence leaves an error near its square.
const STEP: f64 = 1e-10;

/// Cox partial likelihood with one covariate, the arm; ties by Efron.
///
/// # Errors
/// An arm without patients or events, or a likelihood without a finite maximum.
/// # Source
/// Cox 1972, J R Stat Soc B 34:187; Efron 1977, J Am Stat Assoc 72:557.
pub fn cox(active: &[Patient], control: &[Patient]) -> Result<Cox, SurvivalError> {
    let mut all: Vec<(f64, bool, bool)> = Vec::with_capacity(active.len() + control.len());
    all.extend(active.iter().map(|p| (p.time, p.event, true)));
    all.extend(control.iter().map(|p| (p.time, p.event, false)));
    if active.is_empty() || control.is_empty() {
        return Err(SurvivalError::Empty {
            what: "patient in one of the arms",
        });
    }
    if !active.iter().any(|p| p.event) || !control.iter().any(|p| p.event) {
        return Err(SurvivalError::NoEvents);
    }
    all.sort_by(|a, b| a.0.total_cmp(&b.0));
    // Per time of events: at risk (active, control), events (active, control).
    let mut risk = [active.len() as f64, control.len() as f64];
    let mut times = Vec::new();
    for same in all.chunk_by(|a, b| a.0 == b.0) {
        let count = |arm: bool, only_events: bool| {
            same.iter()
                .filter(|p| p.2 == arm && (p.1 || !only_events))
                .count() as f64
        };
        let d = [count(true, true), count(false, true)];
        if d[0] + d[1] > 0.0 {
            times.push((risk, d));
        }
        risk[0] -= count(true, false);
        risk[1] -= count(false, false);
    }
    let mut beta = 0.0_f64;
    for iterations in 1..=50 {
        let (score, information) = derivatives(&times, beta);
        if information <= 0.0 {
            break;
        }
        let step = (score / information).clamp(-1.0, 1.0);
        beta += step;
        if step.abs() < STEP {
            let (_, information) = derivatives(&times, beta);
            return Ok(Cox {
                ln_hr: beta,
                standard_error: information.sqrt().recip(),
                iterations,
            });
        }
    }
    Err(SurvivalError::NotEstimable {
        why: "the partial likelihood has no finite maximum".to_owned(),
    })
}

fn derivatives(times: &[([f64; 2], [f64; 2])], beta: f64) -> (f64, f64) {
    let hr = beta.exp();
    let (mut score, mut information) = (0.0, 0.0);
    for (n, d) in times {
        let ties = d[0] + d[1];
        score += d[0];
        let mut l = 0.0;
        while l < ties {
            let out = l / ties;
            let a = hr * (n[0] - out * d[0]);
            let share = a / (a + n[1] - out * d[1]);
            score -= share;
            information += share * (1.0 - share);
            l += 1.0;
        }
    }
    (score, information)
}
