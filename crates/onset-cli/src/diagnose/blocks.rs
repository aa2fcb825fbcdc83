//! From the library's results to the blocks of the answer.

use super::answer::{
    Blup, Influence, Labbe, LabbePoint, LinePoint, OutlierRobust, OutlyingStudy, Point, Quantile, Residual,
    Subset, SubsetCoefficient,
};
use super::problem::Problem;
use crate::pool::answer::Answer as Pooled;
use crate::pool::fit::{counts, refused};
use onset::data::Diagnostic;
use onset::effects::{Effects, Measure};
use onset::models::diagnostics::{self, Regressed};
use onset::models::pool::{self, CountMeasure};

/// The fit without each study.
pub fn leave_one_out(problem: &Problem) -> Result<Vec<Subset>, Diagnostic> {
    let values: Vec<Option<Subset>> = match &problem.design {
        None => pool::leave_one_out(&problem.effects, &problem.options)
            .map_err(|e| refused(problem.loaded, &e))?
            .iter()
            .map(|s| Some(of_mean(s)))
            .collect(),
        Some(design) => problem
            .refused(diagnostics::left_out(&problem.model(), design))?
            .into_iter()
            .map(|fit| fit.map(of_regression))
            .collect(),
    };
    let spread = problem.spread(values);
    Ok(spread
        .into_iter()
        .map(|(label, s)| labelled(label, s.flatten()))
        .collect())
}

/// The fit of the first study in `order`, the first two, and so on.
pub fn cumulative(problem: &Problem, order: &[(usize, bool)]) -> Result<Vec<Subset>, Diagnostic> {
    let place = |row: usize| problem.rows.binary_search(&row).ok();
    let entered: Vec<usize> = order
        .iter()
        .filter(|(_, known)| *known)
        .filter_map(|&(row, _)| place(row))
        .collect();
    let values: Vec<Option<Subset>> = match &problem.design {
        _ if entered.is_empty() => Vec::new(),
        None => {
            let rows: Vec<usize> = entered.iter().map(|&i| problem.rows[i]).collect();
            let effects: Effects = problem.loaded.effects(&rows)?;
            pool::cumulative(&effects, &problem.options)
                .map_err(|e| refused(problem.loaded, &e))?
                .iter()
                .map(|s| Some(of_mean(s)))
                .collect()
        }
        Some(design) => problem
            .refused(diagnostics::accumulated(&problem.model(), design, &entered))?
            .into_iter()
            .map(|fit| fit.map(of_regression))
            .collect(),
    };
    let mut values = values.into_iter();
    let entry = |&(row, known): &(usize, bool)| {
        let value = if known && place(row).is_some() {
            values.next().flatten()
        } else {
            None
        };
        labelled(problem.label(row), value)
    };
    Ok(order.iter().map(entry).collect())
}

fn labelled(label: String, subset: Option<Subset>) -> Subset {
    Subset {
        label,
        ..subset.unwrap_or_default()
    }
}

fn of_mean(s: &pool::Subset) -> Subset {
    Subset {
        k: Some(s.k),
        estimate: Some(s.mean.estimate),
        se: Some(s.mean.standard_error),
        ci_lower: Some(s.mean.ci_lower),
        ci_upper: Some(s.mean.ci_upper),
        test: Some(s.test.code()),
        tau2: Some(s.tau2),
        i2: Some(s.i2),
        q: Some(s.q.value),
        ..Subset::default()
    }
}

fn of_regression(r: Regressed) -> Subset {
    let coefficients = r.coefficients.into_iter().map(|c| SubsetCoefficient {
        name: c.name,
        estimate: c.estimate.estimate,
        se: c.estimate.standard_error,
        ci_lower: c.estimate.ci_lower,
        ci_upper: c.estimate.ci_upper,
        p: c.estimate.p,
    });
    Subset {
        k: Some(r.k),
        tau2: Some(r.tau2),
        i2: Some(r.i2),
        q: Some(r.q),
        coefficients: Some(coefficients.collect()),
        ..Subset::default()
    }
}

/// The deletion measures; a study without which the fit does not exist is named.
pub fn influence(problem: &Problem, warnings: &mut Vec<Diagnostic>) -> Result<Vec<Influence>, Diagnostic> {
    let found = problem.refused(diagnostics::influence(&problem.model()))?;
    for (&row, _) in problem.rows.iter().zip(&found).filter(|(_, f)| f.is_none()) {
        let text = "without the study the model cannot be fitted: no deletion measures are given";
        warnings.push(
            Diagnostic::warning("no_deletion", text)
                .file(problem.loaded.table.name())
                .line(problem.loaded.table.line(row))
                .study(problem.label(row)),
        );
    }
    let entry = |(label, value): (String, Option<Option<diagnostics::Influence>>)| match value.flatten() {
        None => Influence {
            label,
            ..Influence::default()
        },
        Some(m) => Influence {
            label,
            rstudent: Some(m.rstudent),
            dffits: Some(m.dffits),
            cook_d: Some(m.cook_d),
            cov_r: Some(m.cov_r),
            tau2_del: Some(m.tau2_del),
            q_del: Some(m.q_del),
            hat: Some(m.hat),
            weight: Some(m.weight),
            dfbetas: Some(m.dfbetas),
            influential: Some(m.influential),
        },
    };
    Ok(problem.spread(found).into_iter().map(entry).collect())
}

/// Predicted true effects.
pub fn blup(problem: &Problem) -> Result<Vec<Blup>, Diagnostic> {
    let found = problem.refused(diagnostics::blup(&problem.model()))?;
    let entry = |(label, b): (String, Option<diagnostics::Blup>)| Blup {
        label,
        estimate: b.map(|b| b.estimate),
        se: b.map(|b| b.standard_error),
    };
    Ok(problem.spread(found).into_iter().map(entry).collect())
}

/// Coordinates of the Baujat plot.
pub fn baujat(problem: &Problem) -> Result<Vec<Point>, Diagnostic> {
    let found = problem.refused(diagnostics::baujat(&problem.model()))?;
    let pairs = found.into_iter().map(|p| p.map(|p| (p.x, p.y))).collect();
    Ok(points(problem, pairs))
}

/// Coordinates of the radial plot.
pub fn radial(problem: &Problem) -> Result<Vec<Point>, Diagnostic> {
    let found = problem.refused(diagnostics::radial(&problem.model()))?;
    Ok(points(
        problem,
        found.into_iter().map(|p| Some((p.x, p.y))).collect(),
    ))
}

fn points(problem: &Problem, values: Vec<Option<(f64, f64)>>) -> Vec<Point> {
    let entry = |(label, value): (String, Option<Option<(f64, f64)>>)| Point {
        label,
        x: value.flatten().map(|p| p.0),
        y: value.flatten().map(|p| p.1),
    };
    problem.spread(values).into_iter().map(entry).collect()
}

/// Internally standardised residuals.
pub fn residuals(problem: &Problem) -> Result<Vec<Residual>, Diagnostic> {
    let found = problem.refused(diagnostics::standardised_residuals(&problem.model()))?;
    let entry = |(label, value): (String, Option<Option<diagnostics::Residual>>)| {
        let r = value.flatten();
        Residual {
            label,
            residual: r.map(|r| r.residual),
            se: r.map(|r| r.se),
            z: r.map(|r| r.z),
        }
    };
    Ok(problem.spread(found).into_iter().map(entry).collect())
}

/// The normal quantile plot with its envelope.
pub fn quantiles(problem: &Problem, seed: u64) -> Result<Vec<Quantile>, Diagnostic> {
    let found = problem.refused(diagnostics::normal_quantiles(&problem.model(), seed))?;
    let entry = |point: diagnostics::QuantilePoint| Quantile {
        label: problem.label(problem.rows[point.study]),
        point,
    };
    Ok(found.into_iter().map(entry).collect())
}

/// Risks of both groups, where the measure compares them.
pub fn labbe(problem: &Problem, full: &Pooled) -> Result<Option<Labbe>, Diagnostic> {
    let measure = match problem.loaded.measure {
        Measure::OddsRatio | Measure::Peto => CountMeasure::OddsRatio,
        Measure::RiskRatio => CountMeasure::RiskRatio,
        Measure::RiskDifference => CountMeasure::RiskDifference,
        _ => return Ok(None),
    };
    let (rows, tables) = counts(problem.loaded, false);
    if rows.is_empty() {
        return Ok(None);
    }
    let effect = full.coefficients.first().map_or(f64::NAN, |c| c.mean.estimate);
    let found = diagnostics::labbe(&tables, measure, effect).map_err(|e| refused(problem.loaded, &e))?;
    let points = (0..problem.loaded.rows.len()).map(|row| {
        let point = rows.binary_search(&row).ok().and_then(|i| found.points.get(i));
        LabbePoint {
            label: problem.label(row),
            control: point.map(|p| p.control),
            treated: point.map(|p| p.treated),
            n: point.map(|p| p.n),
        }
    });
    let points = points.collect();
    let line = if problem.design.is_some() {
        Vec::new()
    } else {
        found
            .line
            .iter()
            .map(|&(control, treated)| LinePoint { control, treated })
            .collect()
    };
    Ok(Some(Labbe { points, line }))
}

/// The mixture of ordinary and outlying studies around one mean.
pub fn outlier_robust(problem: &Problem) -> Result<Option<OutlierRobust>, Diagnostic> {
    if problem.design.is_some() || problem.effects.k() < 5 {
        return Ok(None);
    }
    let found = match diagnostics::outliers(&problem.effects, problem.options.level) {
        Ok(found) => found,
        Err(pool::PoolError::NotFinite { .. }) => return Ok(None),
        Err(error) => return Err(refused(problem.loaded, &error)),
    };
    let studies = problem.spread(found.probability).into_iter();
    Ok(Some(OutlierRobust {
        kind: "mixture",
        estimate: found.mean.estimate,
        se: found.mean.standard_error,
        ci_lower: found.profile[0],
        ci_upper: found.profile[1],
        tau2: found.tau2,
        tau2_outlying: found.tau2_outlying,
        share_outlying: found.share,
        loglik: found.loglik,
        lrt: found.lrt,
        solution: found.solution.kind(),
        studies: studies
            .map(|(label, probability)| OutlyingStudy { label, probability })
            .collect(),
    }))
}
