//! From loaded effects to the answer.

use super::answer::{
    Answer, Beyond, OtherMean, PredictedEntry, Study, SubgroupEntry, SubgroupsEntry, TableTests, Transformed,
};
use super::chosen::{Chosen, chosen};
use super::counts::{beta_binomial_answer, firth_answer, mixed};
use super::weights::Weights;
use super::{MethodArg, ModelArgs};
use crate::arguments::{EffectArgs, usage};
use crate::estimates::SolutionEntry;
use crate::load::LoadedEffects;
use crate::transform::Back;
use onset::data::Diagnostic;
use onset::effects::{Effects, Input, Measure};
use onset::math::{chi_squared, student_t};
use onset::models::pool::{
    CellAddition, CountMeasure, Counts, Estimate, Method, Options, PersonTime, PoolError, Pooled, Prediction,
    PredictionChoice, ProfileMean, RateMeasure, RobustMean, Side, StrataOptions, Stratified, Test,
    henmi_copas, ivhet, mantel_haenszel, mantel_haenszel_rates, peto, pool, pool_weighted, profile_mean,
    share_beyond,
};
use onset::models::regress::{
    Built, Design, JointTest, RegressError, SubgroupTau2, Term, location_scale, predictions, regress,
    regress_weighted, subgroups,
};
use std::collections::BTreeMap;

/// Fits what the flags ask for.
///
/// # Errors
/// `usage`, `model_refused`, and what the table refuses.
pub fn fit(
    loaded: &LoadedEffects,
    effects: &EffectArgs,
    model: &ModelArgs,
    warnings: &mut Vec<Diagnostic>,
) -> Result<Answer, Diagnostic> {
    super::flags::check(model)?;
    super::weights::check_program(loaded.compat, model)?;
    warnings.extend(super::flags::idle(model));
    let mut answer = match super::compat::answer(loaded, effects, model, warnings)? {
        Some(answer) => answer,
        None => by_method(loaded, effects, model, warnings)?,
    };
    super::compat::inconsistency(loaded.compat, &mut answer);
    Ok(answer)
}

fn by_method(
    loaded: &LoadedEffects,
    effects: &EffectArgs,
    model: &ModelArgs,
    warnings: &mut Vec<Diagnostic>,
) -> Result<Answer, Diagnostic> {
    match super::compat::method(loaded.compat, model)? {
        MethodArg::Inverse(method, code) => {
            inverse_variance(loaded, model, &options(loaded, model, method), code, warnings)
        }
        MethodArg::Glmm => mixed(loaded, effects.drop00, model, warnings),
        MethodArg::BetaBinomial => beta_binomial_answer(loaded, effects.drop00, model),
        MethodArg::Firth => firth_answer(loaded, effects.drop00, model),
        method => strata(loaded, effects, model, method, warnings),
    }
}

/// The options of an inverse-variance fit.
pub fn options(loaded: &LoadedEffects, model: &ModelArgs, method: Method) -> Options {
    Options {
        method,
        test: model.test.or(loaded.compat.map(|_| Test::Z)),
        level: model.level,
        tau2_interval: super::compat::tau2_interval(loaded.compat, model),
        prediction: model.predict_type.map_or_else(
            || super::compat::prediction(loaded.compat),
            PredictionChoice::Kind,
        ),
        seed: model.seed,
        ..Options::default()
    }
}

fn inverse_variance(
    loaded: &LoadedEffects,
    model: &ModelArgs,
    options: &Options,
    code: &str,
    warnings: &mut Vec<Diagnostic>,
) -> Result<Answer, Diagnostic> {
    let mut rows = loaded.complete();
    if !model.scale.is_empty() {
        return location_and_scale(loaded, model, options, code, &rows, warnings);
    }
    let weights = Weights::read(loaded, model, &mut rows, warnings)?;
    if model.mods.is_empty() {
        let levels = match &model.subgroup {
            Some(column) => Some(subgroup_levels(loaded, column, &mut rows, warnings)?),
            None => None,
        };
        let effects = loaded.effects(&rows)?;
        let back = Back::new(loaded.measure, &loaded.inputs, &rows);
        let given = weights.of(&rows).map_err(|e| refused(loaded, &e))?;
        let pooled = match &given {
            None => pool(&effects, options),
            Some(given) => pool_weighted(&effects, given, options),
        };
        let pooled = pooled.map_err(|e| refused(loaded, &e))?;
        warnings.extend(pooled.warnings);
        let mut answer = Answer::of_mean(&pooled.value, code, &back);
        answer.studies = studies(loaded, &rows, &pooled.value.weights);
        answer.beyond = beyond(loaded, &pooled.value, model.threshold, warnings)?;
        answer.weights = weights.entry();
        if matches!(options.method, Method::Random(_)) && given.is_none() {
            answer.other_means = other_means(&effects, model.level, warnings);
        }
        if let (Some(levels), Some(column)) = (levels, &model.subgroup) {
            answer.subgroups = Some(grouped(
                loaded, &effects, model, options, column, &levels, &back, warnings,
            )?);
        }
        return Ok(answer);
    }
    let built = design(loaded, &model.mods, !model.no_intercept, &rows)?;
    missing_moderators(loaded, &built, warnings);
    let effects = loaded.effects(&built.rows)?;
    let back = Back::new(loaded.measure, &loaded.inputs, &built.rows);
    let given = weights.of(&built.rows).map_err(|e| refused(loaded, &e))?;
    let fitted = match &given {
        None => regress(&effects, &built.design, options),
        Some(given) => regress_weighted(&effects, &built.design, given, options),
    };
    let fitted = fitted.map_err(|e| refused_regression(loaded, &e))?;
    warnings.extend(fitted.warnings);
    let mut answer = Answer::of_regression(&fitted.value, code, &back);
    answer.studies = studies(loaded, &built.rows, &fitted.value.weights);
    answer.weights = weights.entry();
    answer.chosen = chosen(model, &built.design, &fitted.value)?;
    if let Some(kind) = model.predict_type {
        let found = predictions(&effects, &built.design, given.as_ref(), options, kind);
        let found = found.map_err(|e| refused_regression(loaded, &e))?;
        answer.predicted = Some(predicted(loaded, &built.rows, &found, &back));
    }
    Ok(answer)
}

/// Means beside a random-effects one; what cannot be had is named.
fn other_means(effects: &Effects, level: f64, warnings: &mut Vec<Diagnostic>) -> Vec<OtherMean> {
    let weighted = |kind, found: RobustMean| OtherMean {
        kind,
        estimate: found.estimate,
        se: Some(found.standard_error),
        ci_lower: found.ci_lower,
        ci_upper: found.ci_upper,
        tau2: found.tau2,
    };
    let profiled = |found: ProfileMean| OtherMean {
        kind: "profile_likelihood",
        estimate: found.estimate,
        se: None,
        ci_lower: found.ci_lower,
        ci_upper: found.ci_upper,
        tau2: found.tau2,
    };
    if effects.k() < 2 {
        return Vec::new();
    }
    let all = [
        ("IVhet", ivhet(effects, level).map(|m| weighted("ivhet", m))),
        (
            "Henmi-Copas",
            henmi_copas(effects, level).map(|m| weighted("henmi_copas", m)),
        ),
        ("profile-likelihood", profile_mean(effects, level).map(profiled)),
    ];
    let mut found = Vec::new();
    for (name, mean) in all {
        match mean {
            Ok(mean) => found.push(mean),
            Err(error) => warnings.push(Diagnostic::warning(
                "no_other_mean",
                format!("there is no {name} mean: {error}"),
            )),
        }
    }
    found
}

/// The mean at the moderators of every row of the table.
fn predicted(
    loaded: &LoadedEffects,
    rows: &[usize],
    found: &[(Estimate, Option<Prediction>)],
    back: &Back,
) -> Vec<PredictedEntry> {
    let mut entries: Vec<PredictedEntry> = loaded
        .rows
        .iter()
        .map(|row| PredictedEntry::absent(&row.label))
        .collect();
    for (&row, (mean, prediction)) in rows.iter().zip(found) {
        if let Some(entry) = entries.get_mut(row) {
            *entry = PredictedEntry::new(&entry.label, mean, prediction.as_ref(), back);
        }
    }
    entries
}

/// What lies beyond the threshold: the predictive t distribution with k - 1 df, and the share of true effects.
pub fn beyond(
    loaded: &LoadedEffects,
    pooled: &Pooled,
    threshold: Option<f64>,
    warnings: &mut Vec<Diagnostic>,
) -> Result<Option<Beyond>, Diagnostic> {
    let Some(threshold) = threshold else {
        return Ok(None);
    };
    if pooled.k < 3 || pooled.method == Method::Common {
        let text = "a probability beyond a threshold needs random effects and three studies";
        warnings.push(Diagnostic::warning("threshold_too_few", text));
        return Ok(None);
    }
    let share = |side| share_beyond(pooled, threshold, side).map_err(|e| refused(loaded, &e));
    let df = pooled.k as f64 - 1.0;
    let se = pooled.mean.standard_error.hypot(pooled.tau2.value.sqrt());
    let t = (threshold - pooled.mean.estimate) / se;
    Ok(Some(Beyond {
        threshold,
        prob_above: student_t::sf(t, df),
        prob_below: student_t::cdf(t, df),
        df,
        share_above: share(Side::Above)?,
        share_below: share(Side::Below)?,
    }))
}

/// Moderators of the mean and of tau2.
fn location_and_scale(
    loaded: &LoadedEffects,
    model: &ModelArgs,
    options: &Options,
    code: &str,
    rows: &[usize],
    warnings: &mut Vec<Diagnostic>,
) -> Result<Answer, Diagnostic> {
    let Method::Random(tau2) = options.method else {
        return Err(usage(
            "--scale models tau2, which the common-effect model does not have",
        ));
    };
    let t_quantiles = match options.test {
        None | Some(Test::Z) => false,
        Some(Test::T) => true,
        Some(other) => {
            return Err(usage(format!(
                "--scale takes --test z or t, not {}",
                other.code()
            )));
        }
    };
    let scale = design(loaded, &model.scale, true, rows)?;
    missing_moderators(loaded, &scale, warnings);
    let location = design(loaded, &model.mods, !model.no_intercept, &scale.rows)?;
    missing_moderators(loaded, &location, warnings);
    // again for the rows that have both
    let scale = design(loaded, &model.scale, true, &location.rows)?;
    let effects = loaded.effects(&location.rows)?;
    let fitted = location_scale(
        &effects,
        &location.design,
        &scale.design,
        tau2,
        t_quantiles,
        options.level,
    )
    .map_err(|e| refused_regression(loaded, &e))?;
    warnings.extend(fitted.warnings);
    let back = Back::new(loaded.measure, &loaded.inputs, &location.rows);
    let mut answer = Answer::of_location_scale(&fitted.value, code, t_quantiles, &back);
    answer.studies = studies(loaded, &location.rows, &fitted.value.weights);
    for (&row, &tau2) in location.rows.iter().zip(&fitted.value.tau2) {
        if let Some(study) = answer.studies.get_mut(row) {
            study.tau2 = Some(tau2);
        }
    }
    Ok(answer)
}

#[allow(clippy::too_many_arguments, reason = "one call, all of it context")]
fn grouped(
    loaded: &LoadedEffects,
    effects: &Effects,
    model: &ModelArgs,
    options: &Options,
    column: &str,
    levels: &[String],
    back: &Back,
    warnings: &mut Vec<Diagnostic>,
) -> Result<SubgroupsEntry, Diagnostic> {
    let tau2 = if model.common_tau2 {
        SubgroupTau2::Common
    } else {
        SubgroupTau2::Separate
    };
    let found = subgroups(effects, levels, options, tau2).map_err(|e| refused_regression(loaded, &e))?;
    warnings.extend(found.warnings);
    Ok(SubgroupsEntry::new(column, model.common_tau2, &found.value, back))
}

/// The level of every row that has one; the others leave `rows` and are named.
pub fn subgroup_levels(
    loaded: &LoadedEffects,
    column: &str,
    rows: &mut Vec<usize>,
    warnings: &mut Vec<Diagnostic>,
) -> Result<Vec<String>, Diagnostic> {
    let texts = loaded.table.column(column)?.texts();
    let mut levels = Vec::new();
    rows.retain(|&row| match texts.get(row).copied().flatten() {
        Some(level) => {
            levels.push(level.to_owned());
            true
        }
        None => {
            warnings.push(missing(loaded, row, column));
            false
        }
    });
    Ok(levels)
}

/// The design of `terms` for the rows that have them.
///
/// # Errors
/// `unknown_column`, `usage`, `model_refused`.
pub fn design(
    loaded: &LoadedEffects,
    terms: &[String],
    intercept: bool,
    rows: &[usize],
) -> Result<Built, Diagnostic> {
    let table = &loaded.table;
    let mut parsed = Vec::new();
    for term in terms {
        let term = Term::parse(term, |header| table.has_column(header)).map_err(|e| usage(e.to_string()))?;
        for variable in &term.variables {
            table.column(&variable.column)?;
        }
        parsed.push(term);
    }
    let cells = |header: &str| {
        let column = table.column(header).ok()?;
        Some(
            column
                .texts()
                .into_iter()
                .map(|cell| cell.map(str::to_owned))
                .collect(),
        )
    };
    Design::build(&parsed, intercept, rows, cells)
        .map_err(|e| Diagnostic::error("model_refused", e.to_string()).file(table.name()))
}

/// Names the rows without a moderator.
pub fn missing_moderators(loaded: &LoadedEffects, built: &Built, warnings: &mut Vec<Diagnostic>) {
    warnings.extend(
        built
            .dropped
            .iter()
            .map(|(row, column)| missing(loaded, *row, column)),
    );
}

/// A row that leaves because `column` is missing.
pub fn missing(loaded: &LoadedEffects, row: usize, column: &str) -> Diagnostic {
    let label = loaded.rows.get(row).map_or("", |r| r.label.as_str());
    Diagnostic::warning(
        "missing_value",
        format!("the study leaves the analysis: {column} is missing"),
    )
    .file(loaded.table.name())
    .line(loaded.table.line(row))
    .study(label)
}

/// One entry a data row; weights only for those in the fit.
pub fn studies(loaded: &LoadedEffects, rows: &[usize], weights: &[f64]) -> Vec<Study> {
    let mut studies: Vec<Study> = loaded
        .rows
        .iter()
        .map(|row| Study {
            label: row.label.clone(),
            yi: row.yi,
            vi: row.vi,
            weight: None,
            tau2: None,
        })
        .collect();
    for (&row, &weight) in rows.iter().zip(weights) {
        if let Some(study) = studies.get_mut(row) {
            study.weight = Some(weight);
        }
    }
    studies
}

/// What the model refused, as an error in the data or in the call.
pub fn refused(loaded: &LoadedEffects, error: &PoolError) -> Diagnostic {
    match error {
        PoolError::NeedsLikelihood { .. }
        | PoolError::NotWithWeights { .. }
        | PoolError::BadLevel { .. }
        | PoolError::NoTau2 => usage(error.to_string()),
        other => Diagnostic::error("model_refused", other.to_string()).file(loaded.table.name()),
    }
}

/// The same for a regression.
pub fn refused_regression(loaded: &LoadedEffects, error: &RegressError) -> Diagnostic {
    match error {
        RegressError::Pool(error) => refused(loaded, error),
        RegressError::NeedsLikelihood { .. } => usage(error.to_string()),
        other => Diagnostic::error("model_refused", other.to_string()).file(loaded.table.name()),
    }
}

/// Mantel-Haenszel and Peto.
fn strata(
    loaded: &LoadedEffects,
    effects: &EffectArgs,
    model: &ModelArgs,
    method: MethodArg,
    warnings: &mut Vec<Diagnostic>,
) -> Result<Answer, Diagnostic> {
    let code = if method == MethodArg::Peto { "PETO" } else { "MH" };
    let mut options = StrataOptions {
        level: model.level,
        add: None,
    };
    if model.mh_add {
        options.add = Some(CellAddition {
            add: effects.add.unwrap_or(0.5),
            to: effects.to.unwrap_or_default(),
        });
    }
    let drop00 = effects.drop00;
    let everyone: Vec<usize> = (0..loaded.rows.len()).collect();
    let (rows, found) = stratified(loaded, drop00, method, &options, &everyone)?;
    let mut answer = of_strata(loaded, &found, code, model.level, &rows);
    if let Some(column) = &model.subgroup {
        let mut kept = rows.clone();
        subgroup_levels(loaded, column, &mut kept, warnings)?;
        if kept.len() < rows.len() {
            // the whole is that of the studies with a level, as with inverse variance
            let (rows, found) = stratified(loaded, drop00, method, &options, &kept)?;
            answer = of_strata(loaded, &found, code, model.level, &rows);
        }
        let groups = strata_by_level(loaded, drop00, method, &options, column, &kept)?;
        answer.subgroups = Some(groups);
    }
    Ok(answer)
}

/// Mantel-Haenszel or Peto over those rows of `only` that have their counts.
pub fn stratified(
    loaded: &LoadedEffects,
    drop00: bool,
    method: MethodArg,
    options: &StrataOptions,
    only: &[usize],
) -> Result<(Vec<usize>, Stratified), Diagnostic> {
    let tables = || among(counts(loaded, drop00), only);
    let by_counts = |measure| {
        let (rows, tables) = tables();
        (rows, mantel_haenszel(&tables, measure, options))
    };
    let by_rates = |measure| {
        let (rows, tables) = among(rates(loaded, drop00), only);
        (rows, mantel_haenszel_rates(&tables, measure, options))
    };
    let (rows, found) = match (method, loaded.measure) {
        (MethodArg::Peto, Measure::Peto | Measure::OddsRatio) => {
            let (rows, tables) = tables();
            (rows, peto(&tables, options))
        }
        (MethodArg::Peto, other) => {
            return Err(usage(format!(
                "--method PETO needs --measure PETO or OR, not {other}"
            )));
        }
        (_, Measure::OddsRatio) => by_counts(CountMeasure::OddsRatio),
        (_, Measure::RiskRatio) => by_counts(CountMeasure::RiskRatio),
        (_, Measure::RiskDifference) => by_counts(CountMeasure::RiskDifference),
        (_, Measure::RateRatio) => by_rates(RateMeasure::RateRatio),
        (_, Measure::RateDifference) => by_rates(RateMeasure::RateDifference),
        (_, other) => {
            return Err(usage(format!(
                "--method MH needs --measure OR, RR, RD, IRR or IRD, not {other}"
            )));
        }
    };
    Ok((rows, found.map_err(|e| refused(loaded, &e))?))
}

/// Those of `(rows, tables)` that are in `only`.
fn among<T>((rows, tables): (Vec<usize>, Vec<T>), only: &[usize]) -> (Vec<usize>, Vec<T>) {
    rows.into_iter()
        .zip(tables)
        .filter(|(row, _)| only.binary_search(row).is_ok())
        .unzip()
}

/// Each subgroup by the same method, and Q between them.
fn strata_by_level(
    loaded: &LoadedEffects,
    drop00: bool,
    method: MethodArg,
    options: &StrataOptions,
    column: &str,
    rows: &[usize],
) -> Result<SubgroupsEntry, Diagnostic> {
    let mut groups = Vec::new();
    for (level, members) in levels_of(loaded, column, rows)? {
        let (rows, found) = stratified(loaded, drop00, method, options, &members)?;
        let back = Back::new(loaded.measure, &loaded.inputs, &rows);
        groups.push(SubgroupEntry {
            k: found.k,
            test: "z",
            mean: found.mean.into(),
            transformed: Transformed::of(&found.mean, Some(&back)),
            tau2: 0.0,
            se_tau2: None,
            i2: found.i2,
            h2: found.h2,
            q: found.q,
            level,
        });
    }
    Ok(SubgroupsEntry {
        column: column.to_owned(),
        common_tau2: false,
        between: between(&groups),
        groups,
    })
}

/// The rows of every level, in byte order of the levels.
///
/// # Errors
/// `unknown_column`.
pub fn levels_of(
    loaded: &LoadedEffects,
    column: &str,
    rows: &[usize],
) -> Result<BTreeMap<String, Vec<usize>>, Diagnostic> {
    let texts = loaded.table.column(column)?.texts();
    let mut members: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for &row in rows {
        if let Some(level) = texts.get(row).copied().flatten() {
            members.entry(level.to_owned()).or_default().push(row);
        }
    }
    Ok(members)
}

/// Q between subgroups: sum (m_g - m)^2 / se_g^2 with G - 1 df.
pub fn between(groups: &[SubgroupEntry]) -> Option<JointTest> {
    let precision = |g: &SubgroupEntry| 1.0 / (g.mean.se * g.mean.se);
    let sum: f64 = groups.iter().map(precision).sum();
    let mean = groups.iter().map(|g| precision(g) * g.mean.estimate).sum::<f64>() / sum;
    let squares = groups
        .iter()
        .map(|g| precision(g) * (g.mean.estimate - mean).powi(2));
    let (value, df) = (squares.sum::<f64>(), groups.len() as f64 - 1.0);
    (df > 0.0 && value.is_finite()).then(|| JointTest {
        value,
        df1: df,
        df2: None,
        p: chi_squared::sf(value, df),
    })
}

/// Rows whose events and person-times are known; with `drop00` not those without any event.
pub fn rates(loaded: &LoadedEffects, drop00: bool) -> (Vec<usize>, Vec<PersonTime>) {
    let get = |input, row| loaded.inputs.get(input, row);
    let table = |row| {
        Some(PersonTime {
            x1: get(Input::X1i, row)?,
            t1: get(Input::T1i, row)?,
            x2: get(Input::X2i, row)?,
            t2: get(Input::T2i, row)?,
        })
    };
    (0..loaded.rows.len())
        .filter_map(|row| Some((row, table(row)?)))
        .filter(|(_, t)| !(drop00 && t.x1 == 0.0 && t.x2 == 0.0))
        .unzip()
}

/// Rows whose four cells are known; with `drop00` not those without events, or without non-events, in both groups.
pub fn counts(loaded: &LoadedEffects, drop00: bool) -> (Vec<usize>, Vec<Counts>) {
    let get = |input, row| loaded.inputs.get(input, row);
    let rest = |own, size, events: f64, row| get(own, row).or_else(|| Some(get(size, row)? - events));
    let table = |row| {
        let (a, c) = (get(Input::Ai, row)?, get(Input::Ci, row)?);
        let (b, d) = (
            rest(Input::Bi, Input::N1i, a, row)?,
            rest(Input::Di, Input::N2i, c, row)?,
        );
        Some(Counts { a, b, c, d })
    };
    (0..loaded.rows.len())
        .filter_map(|row| Some((row, table(row)?)))
        .filter(|(_, t)| !(drop00 && t.is_uninformative()))
        .unzip()
}

pub fn of_strata(
    loaded: &LoadedEffects,
    found: &Stratified,
    code: &str,
    level: f64,
    rows: &[usize],
) -> Answer {
    let back = Back::new(loaded.measure, &loaded.inputs, rows);
    let tests = TableTests {
        mantel_haenszel: found.association,
        breslow_day: found.breslow_day,
        tarone: found.tarone,
    };
    let any = found.association.is_some() || found.breslow_day.is_some();
    Answer {
        k: found.k,
        method: code.to_owned(),
        test: "z",
        level,
        coefficients: vec![super::answer::Coefficient::new(
            "intercept",
            &found.mean,
            Some(&back),
        )],
        tau2: Some(0.0),
        se_tau2: None,
        tau2_ci: None,
        i2: Some(found.i2),
        h2: Some(found.h2),
        r2: None,
        q: Some(found.q),
        q_moderators: None,
        prediction: None,
        sigma2: None,
        rho: None,
        tau2_test: None,
        fit: Some(found.fit),
        solution: SolutionEntry {
            kind: "closed_form",
            iterations: 0,
        },
        beside: Vec::new(),
        other_means: Vec::new(),
        scale: None,
        q_scale: None,
        subgroups: None,
        tables: any.then_some(tests),
        beyond: None,
        predicted: None,
        weights: None,
        chosen: Chosen::default(),
        studies: studies(loaded, rows, &found.weights),
    }
}
