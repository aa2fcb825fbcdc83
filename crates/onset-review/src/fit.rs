//! The models of a review in the words of its protocol.

use crate::answers::Interval;
use crate::protocol::{EffectMeasure, IntervalMethod, Model, Tau2};
use onset_data::Warned;
use onset_effects::Effects;
use onset_math::normal;
use onset_models::pool::{
    Estimate, Method, Options, Pooled, PredictionChoice, PredictionKind, Tau2Method, Test, pool,
};

/// A fitted pool in the review's own terms; intervals on the analysis scale.
#[derive(Debug, Clone)]
pub(crate) struct Fit {
    pub mean: Interval,
    pub se: f64,
    pub p: f64,
    /// t quantiles with these df; None for normal ones.
    pub df: Option<f64>,
    pub wald: Option<Interval>,
    pub modified: Option<Interval>,
    pub prediction: Option<Interval>,
    pub prediction_why_not: Option<String>,
    pub tau2: Option<f64>,
    pub tau2_ci: Option<Interval>,
    pub i2: Option<f64>,
    /// Q, df, p.
    pub q: Option<(f64, u64, f64)>,
    pub weights: Vec<f64>,
    pub model: String,
    pub pooled: Pooled,
}

pub(crate) fn tau2_name(tau2: Tau2) -> &'static str {
    method(tau2).name()
}

fn method(tau2: Tau2) -> Tau2Method {
    match tau2 {
        Tau2::REML => Tau2Method::Reml,
        Tau2::DL => Tau2Method::Dl,
        Tau2::PM => Tau2Method::Pm,
    }
}

fn options(model: &Model, k: usize) -> Options {
    let test = match model.interval {
        IntervalMethod::HartungKnapp => None,
        IntervalMethod::Wald => Some(Test::Z),
    };
    let prediction = match (model.prediction_from, model.interval) {
        (from, _) if k < from => PredictionChoice::Omit,
        (5, _) => PredictionChoice::Guarded,
        (_, IntervalMethod::HartungKnapp) => PredictionChoice::Kind(PredictionKind::Hk),
        (_, IntervalMethod::Wald) => PredictionChoice::Kind(PredictionKind::V),
    };
    Options {
        method: Method::Random(method(model.tau2)),
        test,
        level: model.level,
        prediction,
        ..Options::default()
    }
}

/// Random effects as the protocol declares them; one study is shown as it is.
pub(crate) fn fit(effects: &Effects, model: &Model) -> Result<Warned<Fit>, String> {
    let fitted = pool(effects, &options(model, effects.k())).map_err(|e| e.to_string())?;
    let Warned { value, warnings } = fitted;
    Ok(Warned { value: describe(value, model), warnings })
}

/// One true effect: inverse variance, normal quantiles.
pub(crate) fn common(effects: &Effects, model: &Model) -> Result<Fit, String> {
    let options = Options { level: model.level, test: Some(Test::Z), ..Options::common() };
    pool(effects, &options).map(|fitted| describe(fitted.value, model)).map_err(|e| e.to_string())
}

fn describe(pooled: Pooled, model: &Model) -> Fit {
    let several = pooled.k > 1;
    let random = several && matches!(pooled.method, Method::Random(_));
    let tau2 = pooled.tau2.value;
    let name = match (several, pooled.method, pooled.test) {
        (false, _, _) => "one study, as printed".to_owned(),
        (true, Method::Common, _) => "common effect, inverse variance, Wald".to_owned(),
        (true, Method::Random(tau2), test) => {
            let interval = match test {
                Test::Knha => "Hartung-Knapp",
                Test::Adhoc => "modified Hartung-Knapp",
                Test::Kr => "Kenward-Roger",
                Test::T => "Wald, t",
                Test::Z => "Wald",
            };
            format!("random effects, {}, {interval}", tau2.code())
        }
    };
    let why_not = match (pooled.prediction.is_some(), several) {
        (true, _) => None,
        (false, false) => Some("One study says nothing about the spread between studies.".to_owned()),
        (false, true) if pooled.k < model.prediction_from => Some(format!(
            "Printed from {} studies on; here there are {}.",
            model.prediction_from, pooled.k
        )),
        (false, true) if tau2 <= 0.0 => Some(
            "tau2 is estimated as 0, so a prediction interval would only repeat the confidence interval."
                .to_owned(),
        ),
        (false, true) => Some("Not available for this model.".to_owned()),
    };
    let prediction = pooled
        .prediction
        .map(|p| Interval { value: pooled.mean.estimate, lower: p.lower, upper: p.upper })
        .filter(finite);
    Fit {
        mean: interval(&pooled.mean),
        se: pooled.mean.standard_error,
        p: pooled.mean.p,
        df: pooled.mean.df,
        wald: pooled.wald.as_ref().map(interval),
        modified: pooled.modified.as_ref().map(interval),
        prediction,
        prediction_why_not: why_not,
        tau2: random.then_some(tau2),
        tau2_ci: pooled
            .tau2_interval
            .filter(|_| random)
            .map(|ci| Interval { value: tau2, lower: ci.lower, upper: ci.upper })
            .filter(finite),
        i2: several.then_some(pooled.i2),
        q: several.then_some((pooled.q.value, pooled.q.df as u64, pooled.q.p)),
        weights: pooled.weights.clone(),
        model: name,
        pooled,
    }
}

fn finite(interval: &Interval) -> bool {
    interval.value.is_finite() && interval.lower.is_finite() && interval.upper.is_finite()
}

fn interval(estimate: &Estimate) -> Interval {
    Interval { value: estimate.estimate, lower: estimate.ci_lower, upper: estimate.ci_upper }
}

/// y -+ z se.
pub(crate) fn wald_interval(y: f64, se: f64, level: f64) -> Interval {
    let half = normal::quantile(0.5 + level / 2.0) * se;
    Interval { value: y, lower: y - half, upper: y + half }
}

/// Common-effect or DerSimonian-Laird pool with a Wald interval, for recomputations.
pub(crate) fn wald_pool(effects: &Effects, common: bool, level: f64) -> Result<Interval, String> {
    let method = if common { Method::Common } else { Method::Random(Tau2Method::Dl) };
    let options = Options { method, test: Some(Test::Z), level, ..Options::default() };
    pool(effects, &options).map(|fitted| interval(&fitted.value.mean)).map_err(|e| e.to_string())
}

/// The effects whose position is wanted; None when none is left.
pub(crate) fn subset(effects: &Effects, wanted: impl Fn(usize) -> bool) -> Option<Effects> {
    let keep: Vec<usize> = (0..effects.k()).filter(|&i| wanted(i)).collect();
    if keep.is_empty() {
        return None;
    }
    let y = keep.iter().map(|&i| effects.y()[i]).collect();
    let v = keep.iter().map(|&i| effects.v()[i]).collect();
    let labels = keep.iter().map(|&i| effects.labels()[i].clone()).collect();
    Effects::new(y, v, labels).ok()
}

/// One group of a subgroup analysis, on the analysis scale.
pub(crate) struct Group {
    pub name: String,
    pub mean: Option<Interval>,
}

/// Groups with a common tau2 and the test of their difference.
pub(crate) struct Groups {
    pub groups: Vec<Group>,
    /// Q between groups, df, p.
    pub q: Option<(f64, u64, f64)>,
    pub tau2: Option<f64>,
    pub why_not: Option<String>,
}

/// Subgroups by value; None where all studies share one value.
pub(crate) fn subgroups(_effects: &Effects, _values: &[String], _model: &Model) -> Option<Groups> {
    None
}

/// Share of true effects beyond `threshold`, on the side the threshold lies on.
pub(crate) fn share_beyond(_effects: &Effects, _fit: &Fit, _threshold: f64, _model: &Model) -> Option<Interval> {
    None
}

/// Mantel-Haenszel pool of [events, n, events, n] tables.
pub(crate) fn mantel_haenszel(
    _measure: EffectMeasure,
    _tables: &[[f64; 4]],
    _level: f64,
) -> Result<Interval, String> {
    Err("Mantel-Haenszel is not joined yet".to_owned())
}
