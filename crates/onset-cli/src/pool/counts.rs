//! Models of the counts themselves: generalised linear mixed models.

use super::answer::{Answer, Coefficient, PredictionEntry};
use super::chosen::Chosen;
use super::fit::{counts, design, missing_moderators, rates, refused, refused_regression, studies};
use super::{Model, ModelArgs};
use crate::arguments::usage;
use crate::estimates::SolutionEntry;
use crate::load::LoadedEffects;
use crate::transform::Back;
use onset::data::Diagnostic;
use onset::effects::{Input, Measure};
use onset::models::counts::{Glmm, GlmmData, GlmmOptions, beta_binomial, firth, glmm};
use onset::models::pool::{CountMeasure, Counts, Estimate, PersonTime, Prediction, PredictionKind, Test};
use onset::models::regress::Design;

/// Counts of the rows that have them.
enum Counted {
    Tables(Vec<Counts>),
    Rates(Vec<PersonTime>),
    Proportions(Vec<(f64, f64)>),
    OneRates(Vec<(f64, f64)>),
}

impl Counted {
    fn data(&self) -> GlmmData<'_> {
        match self {
            Counted::Tables(rows) => GlmmData::Tables(rows),
            Counted::Rates(rows) => GlmmData::Rates(rows),
            Counted::Proportions(rows) => GlmmData::Proportions(rows),
            Counted::OneRates(rows) => GlmmData::OneRates(rows),
        }
    }

    /// Only the elements `which`.
    fn pick(&self, which: &[usize]) -> Counted {
        fn chosen<T: Copy>(rows: &[T], which: &[usize]) -> Vec<T> {
            which.iter().filter_map(|&i| rows.get(i).copied()).collect()
        }
        match self {
            Counted::Tables(rows) => Counted::Tables(chosen(rows, which)),
            Counted::Rates(rows) => Counted::Rates(chosen(rows, which)),
            Counted::Proportions(rows) => Counted::Proportions(chosen(rows, which)),
            Counted::OneRates(rows) => Counted::OneRates(chosen(rows, which)),
        }
    }
}

/// `--method GLMM`.
///
/// # Errors
/// `usage`, `model_refused`.
pub fn mixed(
    loaded: &LoadedEffects,
    drop00: bool,
    model: &ModelArgs,
    warnings: &mut Vec<Diagnostic>,
) -> Result<Answer, Diagnostic> {
    let t_quantiles = model.test == Some(Test::T);
    let (rows, counted) = counted(loaded, drop00, model)?;
    let (design, rows, counted) = with_moderators(loaded, model, rows, counted, warnings)?;
    let options = GlmmOptions {
        level: model.level,
        common: model.model == Some(Model::Common),
        t_quantiles,
        tau2_interval: model.tau2_interval().is_some(),
    };
    let fitted = glmm(
        counted.data(),
        model.glmm.unwrap_or_default(),
        design.as_ref(),
        &options,
    )
    .map_err(|e| refused_regression(loaded, &e))?;
    // the rows are named one by one
    warnings.extend(fitted.warnings.into_iter().filter(|w| w.code != "double_zero"));
    let used: Vec<usize> = fitted
        .value
        .rows
        .iter()
        .filter_map(|&i| rows.get(i).copied())
        .collect();
    for &row in rows.iter().filter(|row| !used.contains(row)) {
        warnings.push(uninformative(loaded, row));
    }
    Ok(answer(loaded, model, &fitted.value, &used, t_quantiles))
}

fn counted(
    loaded: &LoadedEffects,
    drop00: bool,
    model: &ModelArgs,
) -> Result<(Vec<usize>, Counted), Diagnostic> {
    let two_groups = matches!(loaded.measure, Measure::OddsRatio | Measure::RateRatio);
    if model.glmm.is_some() && !two_groups {
        return Err(usage(format!(
            "--glmm needs two groups (--measure OR or IRR), and {} is not such a measure",
            loaded.measure
        )));
    }
    Ok(match loaded.measure {
        Measure::OddsRatio => {
            let (rows, tables) = counts(loaded, drop00);
            (rows, Counted::Tables(tables))
        }
        Measure::RateRatio => {
            let (rows, tables) = rates(loaded, drop00);
            (rows, Counted::Rates(tables))
        }
        Measure::ProportionLogit => {
            let (rows, shares) = one_group(loaded, |row| {
                let get = |input| loaded.inputs.get(input, row);
                get(Input::Ni).or_else(|| Some(get(Input::Xi)? + get(Input::Mi)?))
            });
            (rows, Counted::Proportions(shares))
        }
        Measure::RateLog => {
            let (rows, rates) = one_group(loaded, |row| loaded.inputs.get(Input::Ti, row));
            (rows, Counted::OneRates(rates))
        }
        other => {
            return Err(usage(format!(
                "--method GLMM needs --measure OR, IRR, PLO or IRLN, not {other}"
            )));
        }
    })
}

/// Events with the size or person-time they belong to.
fn one_group(loaded: &LoadedEffects, size: impl Fn(usize) -> Option<f64>) -> (Vec<usize>, Vec<(f64, f64)>) {
    (0..loaded.rows.len())
        .filter_map(|row| Some((row, (loaded.inputs.get(Input::Xi, row)?, size(row)?))))
        .unzip()
}

fn with_moderators(
    loaded: &LoadedEffects,
    model: &ModelArgs,
    rows: Vec<usize>,
    counted: Counted,
    warnings: &mut Vec<Diagnostic>,
) -> Result<(Option<Design>, Vec<usize>, Counted), Diagnostic> {
    if model.mods.is_empty() {
        return Ok((None, rows, counted));
    }
    let built = design(loaded, &model.mods, !model.no_intercept, &rows)?;
    missing_moderators(loaded, &built, warnings);
    let kept: Vec<usize> = (0..rows.len())
        .filter(|&i| rows.get(i).is_some_and(|row| built.rows.contains(row)))
        .collect();
    let counted = counted.pick(&kept);
    Ok((Some(built.design), built.rows, counted))
}

fn uninformative(loaded: &LoadedEffects, row: usize) -> Diagnostic {
    let label = loaded.rows.get(row).map_or("", |r| r.label.as_str());
    let text = "the study leaves the fit: without events, or without non-events, in both groups it says nothing about the effect";
    Diagnostic::warning("double_zero", text)
        .file(loaded.table.name())
        .line(loaded.table.line(row))
        .study(label)
}

fn answer(
    loaded: &LoadedEffects,
    model: &ModelArgs,
    fitted: &Glmm,
    used: &[usize],
    t_quantiles: bool,
) -> Answer {
    let back = Back::new(loaded.measure, &loaded.inputs, used);
    let (i2, h2) = match inconsistency(loaded, used, fitted.tau2.value) {
        Some((i2, h2)) if model.mods.is_empty() && model.model != Some(Model::Common) => (Some(i2), Some(h2)),
        _ => (None, None),
    };
    let coefficients = fitted.coefficients.iter().map(|c| {
        let whole = c.name == "intercept" || back.is_exponential();
        Coefficient::new(&c.name, &c.estimate, whole.then_some(&back))
    });
    let prediction = prediction(model, fitted).map(|p| PredictionEntry::new(&p, &back));
    Answer {
        k: fitted.k,
        method: "GLMM".to_owned(),
        test: if t_quantiles { "t" } else { "z" },
        level: model.level,
        coefficients: coefficients.collect(),
        tau2: Some(fitted.tau2.value),
        se_tau2: fitted.tau2.standard_error,
        tau2_ci: fitted.tau2_interval,
        i2,
        h2,
        r2: None,
        q: fitted.q,
        q_moderators: fitted.moderators,
        prediction,
        sigma2: fitted.sigma2,
        rho: None,
        tau2_test: fitted.tau2_test,
        fit: Some(fitted.fit),
        solution: SolutionEntry::from(fitted.tau2.solution),
        beside: Vec::new(),
        other_means: Vec::new(),
        scale: None,
        q_scale: None,
        subgroups: None,
        tables: None,
        beyond: None,
        predicted: None,
        weights: None,
        chosen: Chosen::default(),
        studies: studies(loaded, &[], &[]),
    }
}

/// I2 and H2 with the typical variance of the studies' own effects.
fn inconsistency(loaded: &LoadedEffects, used: &[usize], tau2: f64) -> Option<(f64, f64)> {
    let weights: Option<Vec<f64>> = used
        .iter()
        .map(|&row| loaded.rows.get(row)?.pair().map(|(_, v)| 1.0 / v))
        .collect();
    let weights = weights.filter(|w| w.len() > 1)?;
    let sum: f64 = weights.iter().sum();
    let squares: f64 = weights.iter().map(|w| w * w).sum();
    let typical = (weights.len() as f64 - 1.0) / (sum - squares / sum);
    Some((100.0 * tau2 / (tau2 + typical), 1.0 + tau2 / typical))
}

/// From five studies with tau2 > 0, t with k - 1 df; other kinds on request.
fn prediction(model: &ModelArgs, fitted: &Glmm) -> Option<Prediction> {
    let mean = fitted
        .coefficients
        .first()
        .filter(|_| model.mods.is_empty())?
        .estimate;
    let tau2 = fitted.tau2.value;
    let kind = match model.predict_type {
        Some(kind) => kind,
        None if fitted.k >= 5 && tau2 > 0.0 => PredictionKind::V,
        None => return None,
    };
    Prediction::wald(
        kind,
        mean.estimate,
        mean.standard_error,
        tau2,
        fitted.k,
        model.level,
    )
}

/// `--method BB`.
///
/// # Errors
/// `usage`, `model_refused`.
pub fn beta_binomial_answer(
    loaded: &LoadedEffects,
    drop00: bool,
    model: &ModelArgs,
) -> Result<Answer, Diagnostic> {
    let measure = match loaded.measure {
        Measure::OddsRatio => CountMeasure::OddsRatio,
        Measure::RiskRatio => CountMeasure::RiskRatio,
        Measure::RiskDifference => CountMeasure::RiskDifference,
        other => {
            return Err(usage(format!(
                "--method BB needs --measure OR, RR or RD, not {other}"
            )));
        }
    };
    let (rows, tables) = counts(loaded, drop00);
    let found = beta_binomial(&tables, measure, model.level).map_err(|e| refused(loaded, &e))?;
    let mut answer = of_counts(loaded, model, "BB", &rows, &found.mean);
    answer.k = found.k;
    answer.rho = Some(found.rho);
    answer.fit = Some(found.fit);
    answer.solution = SolutionEntry::from(found.solution);
    Ok(answer)
}

/// `--method FIRTH`.
///
/// # Errors
/// `usage`, `model_refused`.
pub fn firth_answer(loaded: &LoadedEffects, drop00: bool, model: &ModelArgs) -> Result<Answer, Diagnostic> {
    if loaded.measure != Measure::OddsRatio {
        return Err(usage(format!(
            "--method FIRTH needs --measure OR, not {}",
            loaded.measure
        )));
    }
    let (rows, tables) = counts(loaded, drop00);
    let found = firth(&tables, model.level).map_err(|e| refused(loaded, &e))?;
    let mut answer = of_counts(loaded, model, "FIRTH", &rows, &found.mean);
    answer.k = found.k;
    answer.tau2 = Some(0.0);
    answer.fit = Some(found.fit);
    answer.solution = SolutionEntry::from(found.solution);
    Ok(answer)
}

fn of_counts(
    loaded: &LoadedEffects,
    model: &ModelArgs,
    code: &str,
    rows: &[usize],
    mean: &Estimate,
) -> Answer {
    let back = Back::new(loaded.measure, &loaded.inputs, rows);
    Answer {
        k: rows.len(),
        method: code.to_owned(),
        test: "z",
        level: model.level,
        coefficients: vec![Coefficient::new("intercept", mean, Some(&back))],
        tau2: None,
        se_tau2: None,
        tau2_ci: None,
        i2: None,
        h2: None,
        r2: None,
        q: None,
        q_moderators: None,
        prediction: None,
        sigma2: None,
        rho: None,
        tau2_test: None,
        fit: None,
        solution: SolutionEntry {
            kind: "closed_form",
            iterations: 0,
        },
        beside: Vec::new(),
        other_means: Vec::new(),
        scale: None,
        q_scale: None,
        subgroups: None,
        tables: None,
        beyond: None,
        predicted: None,
        weights: None,
        chosen: Chosen::default(),
        studies: studies(loaded, &[], &[]),
    }
}
