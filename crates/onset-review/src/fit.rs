//! The models of a review in the words of its protocol.

use crate::answers::Interval;
use crate::protocol::{EffectMeasure, IntervalMethod, Model, Tau2};
use onset_data::Warned;
use onset_effects::Effects;
use onset_math::normal;
use onset_models::pool::{
    self, CountMeasure, Counts, Estimate, Method, Options, Pooled, PredictionChoice, PredictionKind,
    StrataOptions, Tau2Method, Test,
};
use onset_models::regress::{Design, Regression, regress};

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

pub(crate) fn options(model: &Model, k: usize) -> Options {
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
    let fitted = pool::pool(effects, &options(model, effects.k())).map_err(|e| e.to_string())?;
    let Warned { value, warnings } = fitted;
    Ok(Warned {
        value: describe(value, model),
        warnings,
    })
}

/// A mean of some of the studies, with its tau2; the interval on the analysis scale.
pub(crate) struct Part {
    pub mean: Interval,
    pub tau2: f64,
}

/// The declared pool without each study in turn, in the order of the studies.
pub(crate) fn leave_one_out(effects: &Effects, model: &Model) -> Result<Vec<Part>, String> {
    pool::leave_one_out(effects, &options(model, effects.k()))
        .map(|subsets| subsets.iter().map(part).collect())
        .map_err(|e| e.to_string())
}

/// The declared pool of the first study, the first two, and so on, in this order of the studies.
pub(crate) fn cumulative(effects: &Effects, order: &[usize], model: &Model) -> Result<Vec<Part>, String> {
    let pick = |values: &[f64]| order.iter().map(|&i| values[i]).collect();
    let labels = order.iter().map(|&i| effects.labels()[i].clone()).collect();
    let ordered = Effects::new(pick(effects.y()), pick(effects.v()), labels).map_err(|e| e.to_string())?;
    pool::cumulative(&ordered, &options(model, effects.k()))
        .map(|subsets| subsets.iter().map(part).collect())
        .map_err(|e| e.to_string())
}

fn part(subset: &pool::Subset) -> Part {
    Part {
        mean: interval(&subset.mean),
        tau2: subset.tau2,
    }
}

/// One true effect: inverse variance, normal quantiles.
pub(crate) fn common(effects: &Effects, model: &Model) -> Result<Fit, String> {
    let options = Options {
        level: model.level,
        test: Some(Test::Z),
        ..Options::common()
    };
    pool::pool(effects, &options)
        .map(|fitted| describe(fitted.value, model))
        .map_err(|e| e.to_string())
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
        .map(|p| Interval {
            value: pooled.mean.estimate,
            lower: p.lower,
            upper: p.upper,
        })
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
            .map(|ci| Interval {
                value: tau2,
                lower: ci.lower,
                upper: ci.upper,
            })
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
    Interval {
        value: estimate.estimate,
        lower: estimate.ci_lower,
        upper: estimate.ci_upper,
    }
}

/// y -+ z se.
pub(crate) fn wald_interval(y: f64, se: f64, level: f64) -> Interval {
    let half = normal::quantile(0.5 + level / 2.0) * se;
    Interval {
        value: y,
        lower: y - half,
        upper: y + half,
    }
}

/// Common-effect or DerSimonian-Laird pool with a Wald interval, for recomputations.
pub(crate) fn wald_pool(effects: &Effects, common: bool, level: f64) -> Result<Interval, String> {
    let method = if common {
        Method::Common
    } else {
        Method::Random(Tau2Method::Dl)
    };
    let options = Options {
        method,
        test: Some(Test::Z),
        level,
        ..Options::default()
    };
    pool::pool(effects, &options)
        .map(|fitted| interval(&fitted.value.mean))
        .map_err(|e| e.to_string())
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

/// Subgroups by value with a common tau2; None where all studies share one value.
///
/// # Formula
/// A meta-regression without intercept on one dummy a group gives the group means, the same with a
/// reference group the test of their difference (chi-squared with groups - 1 df).
/// # Source
/// Borenstein et al. 2021, Introduction to Meta-Analysis, chapter 21.
pub(crate) fn subgroups(effects: &Effects, values: &[String], model: &Model) -> Option<Groups> {
    let mut names: Vec<&String> = values.iter().collect();
    names.sort();
    names.dedup();
    if names.len() < 2 {
        return None;
    }
    let alone = |why: String| {
        let groups = names
            .iter()
            .map(|name| own_group(effects, values, name, model))
            .collect();
        Groups {
            groups,
            q: None,
            tau2: None,
            why_not: Some(why),
        }
    };
    if effects.k() <= names.len() {
        return Some(alone(
            "Each group holds one study: the difference cannot be told from the spread between studies."
                .to_owned(),
        ));
    }
    let options = Options {
        test: Some(Test::Z),
        ..options(model, effects.k())
    };
    let dummies = |from: usize, intercept: bool| {
        let mut columns: Vec<String> = names[from..].iter().map(|name| (*name).clone()).collect();
        let mut x = Vec::new();
        for value in values {
            x.extend(intercept.then_some(1.0));
            x.extend(
                names[from..]
                    .iter()
                    .map(|name| f64::from(u8::from(*name == value))),
            );
        }
        if intercept {
            columns.insert(0, "intercept".to_owned());
        }
        Design::new(columns, x, intercept)
    };
    let fitted = |from: usize, intercept: bool| -> Result<Regression, String> {
        let design = dummies(from, intercept).map_err(|e| e.to_string())?;
        regress(effects, &design, &options)
            .map(|fit| fit.value)
            .map_err(|e| e.to_string())
    };
    match (fitted(0, false), fitted(1, true)) {
        (Ok(means), Ok(contrast)) => Some(Groups {
            groups: names
                .iter()
                .zip(&means.coefficients)
                .map(|(name, c)| Group {
                    name: (*name).clone(),
                    mean: Some(interval(&c.estimate)),
                })
                .collect(),
            q: contrast.moderators.map(|q| (q.value, q.df1 as u64, q.p)),
            tau2: Some(means.tau2.value),
            why_not: None,
        }),
        (Err(why), _) | (_, Err(why)) => Some(alone(format!("No common tau2: {why}."))),
    }
}

/// One group pooled on its own.
fn own_group(effects: &Effects, values: &[String], name: &str, model: &Model) -> Group {
    let mean = subset(effects, |i| values[i] == name).and_then(|own| fit(&own, model).ok());
    Group {
        name: name.to_owned(),
        mean: mean.map(|fit| fit.value.mean),
    }
}

/// Share of true effects beyond `threshold`, on the side the threshold lies on; from two studies with
/// tau2 > 0.
///
/// # Formula
/// Phi((q - mu)/tau) for a threshold below zero, 1 - Phi above; its SE by the delta method,
/// phi(z) sqrt(se_mu^2/tau2 + se_tau2^2 (q - mu)^2 / (4 tau2^3)).
/// # Source
/// Mathur & VanderWeele 2019, Stat Med 38:1336.
pub(crate) fn share_beyond(fit: &Fit, threshold: f64, level: f64) -> Option<Interval> {
    let tau2 = fit.tau2.filter(|&tau2| tau2 > 0.0)?;
    let z = (threshold - fit.mean.value) / tau2.sqrt();
    let value = if threshold < 0.0 {
        normal::cdf(z)
    } else {
        normal::sf(z)
    };
    let spread = fit.pooled.tau2.standard_error.map(|se_tau2| {
        let distance = threshold - fit.mean.value;
        let variance =
            fit.se * fit.se / tau2 + se_tau2 * se_tau2 * distance * distance / (4.0 * tau2.powi(3));
        normal::pdf(z) * variance.sqrt() * normal::quantile(0.5 + level / 2.0)
    });
    let end = |sign: f64| spread.map_or(f64::NAN, |half| (value + sign * half).clamp(0.0, 1.0));
    Some(Interval {
        value,
        lower: end(-1.0),
        upper: end(1.0),
    })
}

/// Mantel-Haenszel pool of [events, n, events, n] tables, on the analysis scale.
pub(crate) fn mantel_haenszel(
    measure: EffectMeasure,
    tables: &[[f64; 4]],
    level: f64,
) -> Result<Interval, String> {
    let measure = match measure {
        EffectMeasure::OR => CountMeasure::OddsRatio,
        EffectMeasure::RR => CountMeasure::RiskRatio,
        EffectMeasure::RD => CountMeasure::RiskDifference,
        _ => return Err("Mantel-Haenszel pools OR, RR or RD".to_owned()),
    };
    let counts: Vec<Counts> = tables
        .iter()
        .map(|&[a, n1, c, n2]| Counts {
            a,
            b: n1 - a,
            c,
            d: n2 - c,
        })
        .collect();
    let options = StrataOptions {
        level,
        ..StrataOptions::default()
    };
    pool::mantel_haenszel(&counts, measure, &options)
        .map(|fitted| interval(&fitted.mean))
        .map_err(|e| e.to_string())
}
