//! Fixed windows as one multivariate meta-analysis: no form of a curve, each window its own mean.

use super::TimecourseError;
use super::correlation::WithinArm;
use super::data::{ArmVisits, Longitudinal, StudyArms};
use crate::multilevel::{self, Multilevel, Random, Sampling, Structure};
use crate::regress::Design;
use onset_effects::Effects;

/// Times that are taken together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct FixedWindow {
    /// First time that belongs to it.
    pub from: f64,
    /// Last time that belongs to it.
    pub to: f64,
}

impl FixedWindow {
    /// The middle on the log of time: the visit nearest to it speaks, and `CAR` measures distances between middles.
    pub fn middle(&self) -> f64 {
        (self.from * self.to).sqrt()
    }
}

/// One window's mean difference.
#[derive(Debug, Clone, PartialEq)]
pub struct WindowMean {
    /// Window.
    pub window: FixedWindow,
    /// Studies with a visit in it.
    pub k: usize,
    /// Treatment minus reference.
    pub estimate: f64,
    /// Its standard error.
    pub se: f64,
    /// Lower limit.
    pub lower: f64,
    /// Upper limit.
    pub upper: f64,
    /// Variance between studies; 0 in a common-effect fit.
    pub tau2: f64,
}

/// All windows of one treatment, fitted together.
#[derive(Debug, Clone)]
pub struct FixedWindows {
    /// Treatment.
    pub treatment: String,
    /// Windows that some study has a visit in, in order of time.
    pub means: Vec<WindowMean>,
    /// Correlations between windows of the study effects: one, or of UN in the order 12 13 ... 23 ...
    pub rho: Vec<f64>,
    /// The fit as it is.
    pub fit: Multilevel,
    /// What the fit had to say.
    pub warnings: Vec<String>,
}

/// Mean differences in fixed windows by one multivariate model.
///
/// # Formula
/// `y_ij = mu_j + u_ij + e_ij`: study i, window j, y the treatment's mean minus the reference's at the visit nearest to
/// the window's middle. `Cov(e_ij, e_il) = sum over the two arms of s_j s_l r(t_j, t_l)`, r the correlation within arms;
/// arms of one treatment are joined by inverse variance at each visit. `Cov(u_i)` has the `structure` (HAR and AR by the
/// order of windows, CAR by their middles on the log of time, UN free); none is the common-effect model.
///
/// # Errors
/// `NoComparison` without a study in any window; `BadWindows` for windows that overlap, are empty or out of order;
/// `TooFewPoints`; `Options` for a fit that fails.
///
/// # Source
/// Ishak, Platt, Joseph, Hanley & Caro 2007, Clin Trials 4:525; Trikalinos & Olkin 2012, Clin Trials 9:610.
pub fn fixed_windows(
    data: &Longitudinal,
    treatment: usize,
    windows: &[FixedWindow],
    within: WithinArm,
    structure: Option<Structure>,
    level: f64,
) -> Result<FixedWindows, TimecourseError> {
    check(windows)?;
    let cells: Vec<Vec<Cell>> = data
        .studies
        .iter()
        .map(|s| differences(s, treatment, windows, within))
        .collect();
    let used: Vec<usize> = (0..windows.len())
        .filter(|&j| cells.iter().flatten().any(|c| c.window == j))
        .collect();
    let rows: Vec<(usize, &Cell)> = cells
        .iter()
        .enumerate()
        .flat_map(|(i, list)| list.iter().map(move |c| (i, c)))
        .collect();
    if rows.is_empty() {
        return Err(TimecourseError::NoComparison);
    }
    let refused = |message: String| TimecourseError::Options { message };
    let n = rows.len();
    if n <= used.len() {
        return Err(TimecourseError::TooFewPoints {
            points: n,
            parameters: used.len(),
        });
    }
    let y = rows.iter().map(|(_, c)| c.y).collect();
    let v = rows.iter().map(|(_, c)| c.between(c, within)).collect();
    let names: Vec<String> = rows
        .iter()
        .map(|(i, _)| data.studies.get(*i).map_or_else(String::new, |s| s.name.clone()))
        .collect();
    let effects = Effects::new(y, v, names.clone()).map_err(|e| refused(e.to_string()))?;
    let columns = used.iter().map(|j| format!("window {}", j + 1)).collect();
    let x = rows
        .iter()
        .flat_map(|(_, c)| used.iter().map(move |&j| f64::from(u8::from(c.window == j))))
        .collect();
    let design = Design::new(columns, x, false).map_err(|e| refused(e.to_string()))?;
    let mut matrix = vec![0.0; n * n];
    for (a, (i, one)) in rows.iter().enumerate() {
        for (b, (l, other)) in rows.iter().enumerate().filter(|(_, (l, _))| l == i) {
            debug_assert_eq!(i, l);
            if let Some(cell) = matrix.get_mut(a * n + b) {
                *cell = one.between(other, within);
            }
        }
    }
    let sampling = Sampling::matrix(n, &matrix).map_err(|e| refused(e.to_string()))?;
    let random = match structure.filter(|_| used.len() > 1) {
        None => Vec::new(),
        Some(structure) => {
            let place = |j: usize| windows.get(j).map_or(0.0, |w| w.middle().ln());
            let levels: Vec<String> = rows.iter().map(|(_, c)| place(c.window).to_string()).collect();
            let levels: Vec<&str> = levels.iter().map(String::as_str).collect();
            let trials: Vec<&str> = names.iter().map(String::as_str).collect();
            let random = Random::structured(("window", &levels), ("study", &trials), structure);
            vec![random.map_err(|e| refused(e.to_string()))?]
        }
    };
    let options = multilevel::Options {
        intervals: false,
        level,
        ..multilevel::Options::default()
    };
    let fitted = multilevel::multilevel(&effects, &design, sampling, random, &options)
        .map_err(|e| refused(e.to_string()))?;
    let fit = fitted.value;
    let means = used
        .iter()
        .zip(&fit.coefficients)
        .enumerate()
        .filter_map(|(at, (&j, c))| {
            Some(WindowMean {
                window: *windows.get(j)?,
                k: rows.iter().filter(|(_, cell)| cell.window == j).count(),
                estimate: c.estimate.estimate,
                se: c.estimate.standard_error,
                lower: c.estimate.ci_lower,
                upper: c.estimate.ci_upper,
                tau2: fit
                    .tau2
                    .get(at)
                    .or(fit.tau2.first())
                    .map_or(0.0, |component| component.value),
            })
        })
        .collect();
    Ok(FixedWindows {
        treatment: data.treatments.get(treatment).cloned().unwrap_or_default(),
        means,
        rho: fit.rho.iter().map(|component| component.value).collect(),
        warnings: fitted.warnings.iter().map(ToString::to_string).collect(),
        fit,
    })
}

fn check(windows: &[FixedWindow]) -> Result<(), TimecourseError> {
    let mut last = 0.0;
    for window in windows {
        if !(window.from > last && window.from <= window.to && window.to.is_finite()) {
            let message = format!(
                "the window {} to {} does not follow the one before: windows are above 0, in order, and apart",
                window.from, window.to
            );
            return Err(TimecourseError::BadWindows { message });
        }
        last = window.to;
    }
    if windows.is_empty() {
        let message = "at least one window is needed".to_owned();
        return Err(TimecourseError::BadWindows { message });
    }
    Ok(())
}

/// Difference of a study in a window: time, and the standard error of both sides.
struct Cell {
    window: usize,
    y: f64,
    time: f64,
    sides: [f64; 2],
}

impl Cell {
    fn between(&self, other: &Cell, within: WithinArm) -> f64 {
        let products = self.sides.iter().zip(&other.sides).map(|(a, b)| a * b);
        products.sum::<f64>() * within.between(self.time, other.time)
    }
}

fn differences(study: &StudyArms, treatment: usize, windows: &[FixedWindow], within: WithinArm) -> Vec<Cell> {
    // correlation of a visit with itself is 1 in every declaration
    debug_assert!((within.between(1.0, 1.0) - 1.0).abs() < 1e-12);
    let side = |wanted: usize, time: f64| {
        let (mut weight, mut sum) = (0.0, 0.0);
        for arm in study.arms.iter().filter(|a| a.treatment == wanted) {
            if let Some((mean, se)) = at(arm, time) {
                weight += se.powi(-2);
                sum += mean * se.powi(-2);
            }
        }
        (weight > 0.0).then(|| (sum / weight, weight.sqrt().recip()))
    };
    let mut times: Vec<f64> = study.arms.iter().flat_map(|a| a.times.iter().copied()).collect();
    times.sort_by(f64::total_cmp);
    times.dedup();
    windows
        .iter()
        .enumerate()
        .filter_map(|(j, window)| {
            let far = |t: f64| (t / window.middle()).ln().abs();
            let inside = times
                .iter()
                .copied()
                .filter(|t| (window.from..=window.to).contains(t));
            let both = inside.filter_map(|t| Some((t, side(treatment, t)?, side(0, t)?)));
            let (time, a, c) = both.min_by(|x, y| far(x.0).total_cmp(&far(y.0)))?;
            Some(Cell {
                window: j,
                y: a.0 - c.0,
                time,
                sides: [a.1, c.1],
            })
        })
        .collect()
}

fn at(arm: &ArmVisits, time: f64) -> Option<(f64, f64)> {
    let i = arm.times.iter().position(|&t| t == time)?;
    Some((*arm.means.get(i)?, *arm.ses.get(i)?))
}
