//! Selection models and the worst case against reference values and a second route.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

mod support;

use onset_effects::Effects;
use onset_math::derivative;
use onset_math::minimize::{NelderMead, nelder_mead};
use onset_math::normal;
use onset_models::pool::{Options, Tau2Method, Test, pool};
use onset_models::smallstudy::selection::{
    SelectionOptions, Side, StepModel, WeightFunction, select, selection_fit,
};
use onset_models::smallstudy::{
    CopasOptions, PUniformOptions, SmallStudyError, copas, p_uniform, peese, pet, worst_case,
};
use serde_json::Value;
use support::{Ledger, column, effects, numbers, oracle};

/// The reference's search stops at parameters good to about 1e-5; weak directions of the likelihood are worse.
const REFERENCE_SEARCH: f64 = 1e-3;
/// Log-likelihoods are flat at the top: parameters 1e-5 off cost 1e-9.
const LOGLIK: f64 = 1e-7;
/// Parameters, and curvature by differences, where the reference stopped at a likelihood below ours.
const STOPPED_EARLY: f64 = 5e-3;
const CURVATURE_STOPPED_EARLY: f64 = 2e-2;
/// Printed digits of the fixture.
const FIVE_DIGITS: f64 = 6e-6;

fn hackshaw() -> Effects {
    let (y, v) = (column("hackshaw1998_sel", "yi"), column("hackshaw1998_sel", "vi"));
    made(y, v)
}

fn made(y: Vec<f64>, v: Vec<f64>) -> Effects {
    let labels = (1..=y.len()).map(|i| i.to_string()).collect();
    Effects::new(y, v, labels).unwrap()
}

fn furukawa() -> Effects {
    let file = oracle("furukawa2003");
    let case = file["cases"].as_array().unwrap().iter();
    effects(case.clone().find(|c| c["measure"] == "SMD").unwrap())
}

fn function(id: &str) -> WeightFunction {
    match id.split_once('_').unwrap() {
        ("stepfun", steps) => {
            let steps: Vec<f64> = steps.split('_').map(|s| s.parse().unwrap()).collect();
            WeightFunction::steps(&steps).unwrap()
        }
        (code, _) => WeightFunction::smooth(code).unwrap(),
    }
}

fn list(value: &Value) -> Vec<f64> {
    value.as_f64().map_or_else(|| numbers(value), |x| vec![x])
}

#[test]
fn every_weight_function_meets_the_reference() {
    let effects = hackshaw();
    let mut ledger = Ledger::default();
    let file = oracle("dependent_hackshaw1998_sel");
    let cases = file["cases"].as_array().unwrap();
    for case in cases {
        let (id, e) = (case["id"].as_str().unwrap(), &case["expect"]);
        let ours = select(&effects, &SelectionOptions::new(function(id), Side::Greater)).unwrap();
        assert_eq!(ours.solution.kind(), "converged", "{id}");
        let loglik = e["logLik"].as_f64().unwrap();
        println!(
            "{id}: loglik above the reference's by {:.1e}",
            ours.loglik - loglik
        );
        assert!(ours.loglik > loglik - LOGLIK, "{id}: {} {loglik}", ours.loglik);
        let se = ours.mean.standard_error;
        // where ours is higher by this, the reference stopped early: looser, and curvature looser still
        let early = ours.loglik > loglik + LOGLIK;
        let check = &mut |what: &str, ours: f64, theirs: &Value, scale: f64| {
            let tolerance = match (early, what.starts_with("se")) {
                (false, _) => REFERENCE_SEARCH,
                (true, false) => STOPPED_EARLY,
                (true, true) => CURVATURE_STOPPED_EARLY,
            };
            ledger.check(what, id, ours, theirs, scale, tolerance);
        };
        check("estimate", ours.mean.estimate, &e["beta"], se);
        check("se", se, &e["se"], 0.0);
        check("tau2", ours.tau2, &e["tau2"], 0.0);
        check("loglik", ours.loglik, &e["logLik"], 0.0);
        check("lrt", ours.lrt.unwrap(), &e["LRT"], 0.0);
        check("p", ours.lrt_p.unwrap(), &e["LRTp"], 0.0);
        let delta = list(&e["delta"]);
        assert_eq!(delta.len(), ours.delta.len());
        for (j, d) in ours.delta.iter().enumerate() {
            check("delta", d.value, &delta[j].into(), 0.0);
            let se = list(&e["se_delta"])[j];
            if se.is_nan() {
                assert_eq!(d.standard_error, None);
            } else {
                check("se delta", d.standard_error.unwrap(), &se.into(), 0.0);
            }
        }
    }
    assert_eq!(cases.len(), 7);
    ledger.finish("selection", 7 * 6 + 8 + 7);
}

/// Printed by another implementation (metafor's own tests): steps .05 .10 .50 1 on these data.
#[test]
fn published_four_step_fit() {
    let options = SelectionOptions::new(
        WeightFunction::steps(&[0.05, 0.10, 0.50, 1.0]).unwrap(),
        Side::Greater,
    );
    let ours = select(&hackshaw(), &options).unwrap();
    let delta: Vec<f64> = ours.delta.iter().map(|d| d.value).collect();
    for (ours, theirs) in delta.iter().zip([1.0, 2.422079, 0.977543, 0.396713]) {
        assert!((ours - theirs).abs() < 1e-4, "{delta:?}");
    }
    assert!((ours.lrt.unwrap() - 7.066137).abs() < 1e-5 && ours.lrt_df == 3);
    assert!((ours.tau2 - 0.03071325).abs() < 1e-5);
    assert!(ours.wrong_direction());
}

#[test]
fn furukawa_three_parameters_worst_case_and_lines() {
    let effects = furukawa();
    let three = WeightFunction::steps(&[0.025]).unwrap();
    let ours = select(&effects, &SelectionOptions::new(three.clone(), Side::Less)).unwrap();
    assert!((ours.mean.estimate + 1.15602).abs() < 1e-4, "{ours:?}");
    assert!((ours.mean.standard_error - 0.34763).abs() < 1e-4);
    assert!((ours.delta[1].value - 7.30).abs() < 0.01);
    assert!((ours.lrt.unwrap() - 5.237).abs() < 1e-3 && (ours.lrt_p.unwrap() - 0.022).abs() < 5e-4);
    assert!(ours.wrong_direction());
    let bounded = SelectionOptions {
        at_most_one: true,
        ..SelectionOptions::new(three, Side::Less)
    };
    let bounded = select(&effects, &bounded).unwrap();
    // at delta = 1 there is no selection
    assert!((bounded.delta[1].value - 1.0).abs() < 1e-6, "{bounded:?}");
    assert!(bounded.lrt.unwrap() < 1e-7 && bounded.solution.kind() != "not_converged");
    let lines = [pet(&effects, 0.95).unwrap(), peese(&effects, 0.95).unwrap()];
    for (line, (estimate, se)) in lines.iter().zip([(0.33044, 0.28879), (-0.03023, 0.17381)]) {
        assert!((line.estimate.estimate - estimate).abs() < FIVE_DIGITS);
        assert!(
            (line.estimate.standard_error - se).abs() < FIVE_DIGITS
                || (line.se_additive - se).abs() < FIVE_DIGITS
        );
    }
    let dl = Options::random(Tau2Method::Dl).with_test(Test::Z);
    let w = worst_case(&effects, Side::Less, 0.05, 0.0, &dl).unwrap();
    let mean = w.mean.unwrap();
    assert_eq!((w.k_nonaffirmative, w.tau2), (12, Some(0.0)));
    for (ours, theirs) in [
        (mean.estimate, -0.21932),
        (mean.ci_lower, -0.3701),
        (mean.ci_upper, -0.0685),
    ] {
        assert!((ours - theirs).abs() < 6e-5, "{ours} {theirs}");
    }
    let common = [-0.3169, -0.2608, -0.2405, -0.2236];
    let random = [-0.4684, -0.3729, -0.3365, -0.3055];
    for (c, (common, random)) in w.corrected.iter().zip(common.iter().zip(random)) {
        assert!(
            (c.common - common).abs() < 6e-5 && (c.random - random).abs() < 6e-5,
            "{c:?}"
        );
    }
    assert_eq!(w.s_value, None);
    let reml = Options::random(Tau2Method::Reml).with_test(Test::Z);
    let w = worst_case(&effects, Side::Less, 0.05, 0.0, &reml).unwrap();
    assert!((w.mean.unwrap().estimate + 0.2201).abs() < 6e-5);
}

/// The S-value is the selection ratio that takes the corrected mean to q.
#[test]
fn s_value_reaches_its_target() {
    let effects = made(vec![0.9, 0.8, 0.2, -0.3, -0.1], vec![0.04, 0.09, 0.05, 0.08, 0.2]);
    let options = Options::random(Tau2Method::Reml).with_test(Test::Z);
    let w = worst_case(&effects, Side::Greater, 0.05, 0.0, &options).unwrap();
    let (a, n) = (2, 3);
    assert_eq!((w.k_affirmative, w.k_nonaffirmative), (a, n));
    let w = worst_case(&effects, Side::Greater, 0.05, 0.2, &options).unwrap();
    let eta = w.s_value.unwrap();
    let (mut top, mut bottom) = (0.0, 0.0);
    for (i, (y, v)) in effects.y().iter().zip(effects.v()).enumerate() {
        let weight = if i < a { 1.0 } else { eta } / v;
        top += weight * y;
        bottom += weight;
    }
    assert!((top / bottom - 0.2).abs() < 1e-12);
}

/// Negative log-likelihood of the one-step model by the plain formula.
fn plain(effects: &Effects, x: &[f64]) -> f64 {
    let (mu, tau2, delta) = (x[0], x[1] * x[1], x[2].exp());
    let cut = normal::upper_quantile(0.025);
    let mut sum = 0.0;
    for (&y, &v) in effects.y().iter().zip(effects.v()) {
        let s = (v + tau2).sqrt();
        let above = normal::sf((cut * v.sqrt() - mu) / s);
        let w = if y / v.sqrt() >= cut { 1.0 } else { delta };
        sum += w.ln() + normal::ln_pdf((y - mu) / s) - s.ln() - (above + delta * (1.0 - above)).ln();
    }
    -sum
}

#[test]
fn second_route_nelder_mead_and_differenced_curvature() {
    let effects = hackshaw();
    let ours = select(
        &effects,
        &SelectionOptions::new(WeightFunction::steps(&[0.025]).unwrap(), Side::Greater),
    )
    .unwrap();
    let found = nelder_mead(
        |x| plain(&effects, x),
        &[0.2, 0.1, 0.0],
        NelderMead {
            tolerance: 1e-14,
            max_evaluations: 5_000,
            ..NelderMead::default()
        },
    );
    assert!((ours.loglik + found.value).abs() < 1e-9);
    let top = [ours.mean.estimate, ours.tau2.sqrt(), ours.delta[1].value.ln()];
    let slope = derivative::gradient(|x| plain(&effects, x), &top);
    assert!(slope.iter().all(|g| g.abs() < 1e-5), "{slope:?}");
    let curvature = derivative::hessian(|x| plain(&effects, x), &top);
    let inverse = onset_math::linalg::inverse(&curvature).unwrap();
    assert!((inverse[(0, 0)].sqrt() / ours.mean.standard_error - 1.0).abs() < 1e-4);
}

/// Negative log-likelihood of the half-normal model, its integral by a plain sum.
fn plain_half_normal(effects: &Effects, x: &[f64]) -> f64 {
    let (mu, tau2, delta) = (x[0], x[1] * x[1], x[2]);
    let w = |z: f64| -delta * normal::sf(z).powi(2);
    let mut sum = 0.0;
    for (&y, &v) in effects.y().iter().zip(effects.v()) {
        let s = (v + tau2).sqrt();
        let node = |i: i32| {
            let u = f64::from(i) * 0.01;
            (w((mu + s * u) / v.sqrt())).exp() * normal::pdf(u) * 0.01
        };
        let area: f64 = (-900..=900).map(node).sum();
        sum += w(y / v.sqrt()) + normal::ln_pdf((y - mu) / s) - s.ln() - area.ln();
    }
    -sum
}

#[test]
fn second_route_of_a_smooth_weight() {
    let effects = hackshaw();
    let ours = select(
        &effects,
        &SelectionOptions::new(WeightFunction::HalfNormal, Side::Greater),
    )
    .unwrap();
    let top = [ours.mean.estimate, ours.tau2.sqrt(), ours.delta[0].value];
    let f = |x: &[f64]| plain_half_normal(&effects, x);
    assert!((ours.loglik + f(&top)).abs() < 1e-10);
    let slope = derivative::gradient(f, &top);
    assert!(slope.iter().all(|g| g.abs() < 1e-5), "{slope:?}");
    let inverse = onset_math::linalg::inverse(&derivative::hessian(f, &top)).unwrap();
    assert!((inverse[(0, 0)].sqrt() / ours.mean.standard_error - 1.0).abs() < 1e-4);
    let se = ours.delta[0].standard_error.unwrap();
    assert!((inverse[(2, 2)].sqrt() / se - 1.0).abs() < 1e-4);
}

#[test]
fn given_weights_of_one_are_no_selection_and_refits_agree() {
    let effects = hackshaw();
    let steps = WeightFunction::steps(&[0.025, 0.5]).unwrap();
    let fixed = SelectionOptions {
        fixed: Some(vec![1.0; 3]),
        ..SelectionOptions::new(steps.clone(), Side::Greater)
    };
    let none = select(&effects, &fixed).unwrap();
    let ml = Options::random(Tau2Method::Ml).with_test(Test::Z);
    let pooled = onset_models::pool::pool(&effects, &ml).unwrap().value;
    assert!((none.mean.estimate - pooled.mean.estimate).abs() < 1e-7);
    assert!((none.loglik - pooled.fit.loglik).abs() < 1e-10 && none.lrt.is_none());
    // given the estimated weights, the mean is the estimated one
    let free = select(&effects, &SelectionOptions::new(steps.clone(), Side::Greater)).unwrap();
    let given = SelectionOptions {
        fixed: Some(free.delta.iter().map(|d| d.value).collect()),
        ..SelectionOptions::new(steps, Side::Greater)
    };
    let given = select(&effects, &given).unwrap();
    assert!((given.mean.estimate - free.mean.estimate).abs() < 1e-6);
    assert!(given.mean.standard_error < free.mean.standard_error);
    let bare = selection_fit(effects.y(), effects.v(), &[0.025, 0.5], Side::Greater, false).unwrap();
    assert!(bare.converged && (bare.loglik - free.loglik).abs() < 1e-9);
    // warm refits end where cold ones do
    let mut model = StepModel::new(&[0.025, 0.5], Side::Greater, true).unwrap();
    for left_out in 0..effects.k() {
        let (mut y, mut v) = (effects.y().to_vec(), effects.v().to_vec());
        y.remove(left_out);
        v.remove(left_out);
        let warm = model.fit(&y, &v).unwrap();
        let cold = selection_fit(&y, &v, &[0.025, 0.5], Side::Greater, true).unwrap();
        assert!(
            warm.converged && (warm.loglik - cold.loglik).abs() < 1e-7,
            "{left_out}"
        );
        assert!(model.delta().iter().all(|d| *d <= 1.0));
    }
}

/// Turned effects give the turned mean; another unit gives the mean in that unit.
#[test]
fn sides_and_units() {
    let effects = hackshaw();
    let turned = made(effects.y().iter().map(|y| -y).collect(), effects.v().to_vec());
    let scaled = made(
        effects.y().iter().map(|y| 1000.0 * y).collect(),
        effects.v().iter().map(|v| 1e6 * v).collect(),
    );
    for code in ["stepfun_0.025_0.5", "negexp_", "beta_"] {
        let fit = |e: &Effects, side| select(e, &SelectionOptions::new(function(code), side)).unwrap();
        let ours = fit(&effects, Side::Greater);
        let other = fit(&turned, Side::Less);
        assert!((ours.mean.estimate + other.mean.estimate).abs() < 1e-12, "{code}");
        let large = fit(&scaled, Side::Greater);
        assert!(
            (large.mean.estimate / 1000.0 / ours.mean.estimate - 1.0).abs() < 1e-6,
            "{code}"
        );
        assert!((large.lrt.unwrap() - ours.lrt.unwrap()).abs() < 1e-7, "{code}");
        let two = [fit(&effects, Side::Two), fit(&turned, Side::Two)];
        assert!((two[0].loglik - two[1].loglik).abs() < 1e-7, "{code}");
        assert!(
            (two[0].mean.estimate + two[1].mean.estimate).abs() < 1e-4,
            "{code}"
        );
    }
}

#[test]
fn refusals() {
    let effects = hackshaw();
    assert!(matches!(
        WeightFunction::steps(&[0.5, 0.1]),
        Err(SmallStudyError::BadStep { .. })
    ));
    assert!(matches!(
        WeightFunction::steps(&[]),
        Err(SmallStudyError::BadStep { .. })
    ));
    let rare = SelectionOptions::new(WeightFunction::steps(&[1e-12]).unwrap(), Side::Greater);
    assert!(matches!(
        select(&effects, &rare),
        Err(SmallStudyError::EmptyInterval { .. })
    ));
    let short = SelectionOptions {
        fixed: Some(vec![1.0]),
        ..SelectionOptions::new(WeightFunction::steps(&[0.025]).unwrap(), Side::Greater)
    };
    assert!(matches!(
        select(&effects, &short),
        Err(SmallStudyError::BadWeights { .. })
    ));
    for k in 0..3 {
        let few = made(vec![0.1; k], vec![0.1; k]);
        let options = SelectionOptions::new(WeightFunction::Beta, Side::Two);
        assert!(matches!(
            select(&few, &options),
            Err(SmallStudyError::TooFewStudies { .. })
        ));
    }
}

/// Log density of the Copas model, and its tail over publication, by adding up the joint density of y and z.
fn plain_copas(effects: &Effects, gamma: [f64; 2], x: &[f64]) -> f64 {
    let [mean, tau2, rho] = [x[0], x[1] * x[1], 0.9999 * x[2].sin()];
    let mut sum = 0.0;
    for (y, v) in effects.y().iter().zip(effects.v()) {
        let u = gamma[0] + gamma[1] / v.sqrt();
        // the variance of e given z > 0, by quadrature, gives sigma2
        let tail = |power: i32| {
            onset_math::quadrature::adaptive(|z| z.powi(power) * normal::pdf(z), -u, -u + 40.0, 1e-13).value
        };
        let [mass, first, second] = [tail(0), tail(1) / tail(0), tail(2) / tail(0)];
        let narrowed = 1.0 - rho * rho + rho * rho * (second - first * first);
        let sigma2 = v / narrowed;
        let total = sigma2 + tau2;
        let joint = |d: f64| {
            // y given the tendency d: the error is rho d of its standard deviations away
            let centre = mean + sigma2.sqrt() * rho * d;
            let spread = (total - sigma2 * rho * rho).sqrt();
            normal::pdf((y - centre) / spread) / spread * normal::pdf(d)
        };
        let seen = onset_math::quadrature::adaptive(joint, -u, -u + 12.0, 1e-14).value
            + onset_math::quadrature::adaptive(joint, -u + 12.0, -u + 40.0, 1e-16).value;
        sum += (seen / mass).ln();
    }
    sum
}

/// The Copas model by quadrature of the joint density and a search without derivatives. Sampling errors grow and
/// rho is searched within .9999, as the model says.
#[test]
fn copas_second_route() {
    let effects = hackshaw();
    let found = copas(&effects, &CopasOptions::default()).unwrap();
    assert_eq!(found.line.len(), 10);
    for at in [2, 8] {
        let ours = &found.line[at];
        let gamma = ours.gamma.unwrap();
        let smallest = effects.v().iter().copied().fold(0.0, f64::max).sqrt();
        assert!((normal::cdf(gamma[0] + gamma[1] / smallest) - ours.p_smallest).abs() < 1e-12);
        let x = [
            ours.mean.estimate,
            ours.tau2.sqrt(),
            (ours.rho.unwrap() / 0.9999).asin(),
        ];
        assert!(
            (plain_copas(&effects, gamma, &x) - ours.loglik).abs() < 1e-8,
            "{at}"
        );
        let options = NelderMead {
            max_evaluations: 400,
            ..NelderMead::default()
        };
        let start = [0.15, 0.1, 0.8];
        let searched = nelder_mead(|x| -plain_copas(&effects, gamma, x), &start, options);
        assert!(-searched.value <= ours.loglik + 1e-8, "{at}: a higher top");
        assert!(-searched.value >= ours.loglik - 1e-3, "{at}: {}", searched.value);
        let negative = |x: &[f64]| -plain_copas(&effects, gamma, x);
        let curvature = derivative::hessian(negative, &x);
        let se = onset_math::linalg::inverse(&curvature).unwrap()[(0, 0)].sqrt();
        assert!((se / ours.mean.standard_error - 1.0).abs() < 1e-4, "{at}");
    }
}

/// Without selection the Copas model is the random-effects model by maximum likelihood; in other units, turned,
/// or with studies in another order it says the same.
#[test]
fn copas_laws() {
    let effects = hackshaw();
    let found = copas(&effects, &CopasOptions::default()).unwrap();
    let ml = pool(&effects, &Options::random(Tau2Method::Ml).with_test(Test::Z))
        .unwrap()
        .value;
    assert!((found.unselected.mean.estimate - ml.mean.estimate).abs() < 1e-8);
    assert!((found.unselected.tau2 - ml.tau2.value).abs() < 1e-8);
    assert!((found.unselected.loglik - ml.fit.loglik).abs() < 1e-8);
    let turned = made(
        effects.y().iter().rev().map(|y| -100.0 * y).collect(),
        effects.v().iter().rev().map(|v| 1e4 * v).collect(),
    );
    let other = copas(&turned, &CopasOptions::default()).unwrap();
    let [a, b] =
        [&found, &other].map(|found| found.enough.as_ref().map(|fit| (fit.p_smallest, fit.p_largest)));
    assert_eq!(a, b);
    assert_eq!(a, Some((0.5, 0.6)));
    for (a, b) in found
        .line
        .iter()
        .chain(&found.grid)
        .zip(other.line.iter().chain(&other.grid))
    {
        assert!(
            (a.mean.estimate + b.mean.estimate / 100.0).abs() < 1e-5,
            "{a:?} {b:?}"
        );
        assert!((a.trace - b.trace).abs() < 1e-6);
        assert!((a.unpublished - b.unpublished).abs() < 1e-9);
    }
    for fit in found.line.iter().chain(&found.grid) {
        assert!(fit.solution.kind() != "not_converged", "{fit:?}");
    }
    let equal = made(vec![0.1, 0.2, 0.3, 0.1, 0.5], vec![0.1; 5]);
    assert!(matches!(
        copas(&equal, &CopasOptions::default()),
        Err(SmallStudyError::NoVariation { .. })
    ));
    assert!(matches!(
        copas(&made(vec![0.1; 4], vec![0.1; 4]), &CopasOptions::default()),
        Err(SmallStudyError::TooFewStudies { .. })
    ));
}

/// With equal sampling variances p-uniform* and the model with one step have the same maximum (J. E. Pustejovsky,
/// "p-uniform* is a three-parameter selection model", 2026): the step's weight is free there, and cancels here.
#[test]
fn p_uniform_equals_one_step_for_equal_variances() {
    let y = vec![0.9, 0.75, 0.2, 1.3, 0.7, 0.1, 0.68, -0.3, 1.1, 0.5, 0.85, 0.3];
    let effects = made(y, vec![0.1; 12]);
    let options = PUniformOptions {
        positive: true,
        alpha: 0.05,
        level: 0.95,
    };
    let ours = p_uniform(&effects, &options).unwrap();
    let step = select(
        &effects,
        &SelectionOptions::new(WeightFunction::steps(&[0.025]).unwrap(), Side::Greater),
    )
    .unwrap();
    assert!(
        (ours.estimate - step.mean.estimate).abs() < 1e-6,
        "{ours:?} {step:?}"
    );
    assert!((ours.tau2 - step.tau2).abs() < 1e-6, "{ours:?} {step:?}");
}

/// p-uniform* by its plain formula and a search without derivatives; limits where the profile has fallen by half
/// the chi-squared quantile; turned and rescaled effects.
#[test]
fn p_uniform_second_route() {
    let effects = hackshaw();
    let options = PUniformOptions {
        positive: true,
        alpha: 0.05,
        level: 0.95,
    };
    let ours = p_uniform(&effects, &options).unwrap();
    let plain = |x: &[f64]| {
        let rows = effects.y().iter().zip(effects.v());
        let of = |(y, v): (&f64, &f64)| {
            let sd = (v + x[1] * x[1]).sqrt();
            let limit = 1.959_963_984_540_054 * v.sqrt();
            let tail = normal::sf((limit - x[0]) / sd);
            let tail = if *y > limit { tail } else { 1.0 - tail };
            (normal::pdf((y - x[0]) / sd) / sd / tail).ln()
        };
        rows.map(of).sum::<f64>()
    };
    let tau = ours.tau2.sqrt();
    assert!((plain(&[ours.estimate, tau]) - ours.loglik).abs() < 1e-9);
    let searched = nelder_mead(|x| -plain(x), &[0.2, 0.1], NelderMead::default());
    assert!((searched.value + ours.loglik).abs() < 1e-6 && -searched.value <= ours.loglik + 1e-9);
    for limit in [ours.ci_lower.unwrap(), ours.ci_upper.unwrap()] {
        let best = onset_math::minimize::brent(|tau| -plain(&[limit, tau]), 0.0, 1.0, 1e-10);
        assert!(
            (ours.loglik + best.value - 1.920_729_410_347_062).abs() < 1e-6,
            "{limit}"
        );
    }
    let turned = made(
        effects.y().iter().rev().map(|y| -100.0 * y).collect(),
        effects.v().iter().rev().map(|v| 1e4 * v).collect(),
    );
    let other = p_uniform(
        &turned,
        &PUniformOptions {
            positive: false,
            ..options
        },
    )
    .unwrap();
    assert!((ours.estimate + other.estimate / 100.0).abs() < 1e-6);
    assert!((ours.ci_lower.unwrap() + other.ci_upper.unwrap() / 100.0).abs() < 1e-6);
    assert!((ours.bias.statistic - other.bias.statistic).abs() < 1e-6);
    assert!(matches!(
        p_uniform(
            &effects,
            &PUniformOptions {
                alpha: 1e-9,
                ..options
            }
        ),
        Err(SmallStudyError::NoSuchStudy { .. })
    ));
}
