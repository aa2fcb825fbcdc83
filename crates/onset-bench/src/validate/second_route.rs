//! Methods that no program in `oracles/` computes, by another way to the same number.

use super::pairwise::{Comparer, attempt, effects};
use super::reference::{numbers, read, table_column, text};
use super::{Book, Origin, relative};
use crate::Fallible;
use crate::methods::{MEASURES, STRATA, TAU2, TAU2_INTERVALS, TESTS};
use onset::effects::{Effects, Input, Inputs, Measure, Options as EffectOptions, compute};
use onset::math::{random::Stream, student_t};
use onset::models::pool::{
    Options, PersonTime, RateMeasure, StrataOptions, Tau2IntervalKind, Tau2Method, Test,
    mantel_haenszel_rates, pool,
};
use serde_json::Value;
use std::path::Path;

/// Compares every method of this kind.
pub fn compare(oracles: &Path, book: &mut Book) -> Fallible<()> {
    wald_t(oracles, book)?;
    common_language(oracles, book)?;
    rate_difference(oracles, book)?;
    generalised_q(oracles, book)
}

/// The Wald interval with t quantiles, from that with normal ones.
fn wald_t(oracles: &Path, book: &mut Book) -> Fallible<()> {
    let origin = Origin {
        reference: "second route: the Wald test with t quantiles",
        data: "bcg",
    };
    let effects = effects(&read(oracles, "bcg.json")?["cases"][0])?;
    let z = pool(&effects, &Options::default().with_test(Test::Z))?.value.mean;
    let t = pool(&effects, &Options::default().with_test(Test::T))?.value.mean;
    let df = effects.k() as f64 - 1.0;
    let half = student_t::quantile(0.975, df) * z.standard_error;
    let mut tests = Comparer {
        book,
        origin: &origin,
        method: (TESTS, "t"),
    };
    tests.note(
        "limits",
        Some(t.ci_lower),
        &Value::from(z.estimate - half),
        z.standard_error,
    );
    tests.note(
        "limits",
        Some(t.ci_upper),
        &Value::from(z.estimate + half),
        z.standard_error,
    );
    tests.note(
        "p",
        Some(t.p),
        &Value::from(2.0 * student_t::sf(z.statistic.abs(), df)),
        0.0,
    );
    Ok(())
}

/// A probability of superiority given as such is an area under the curve.
fn common_language(oracles: &Path, book: &mut Book) -> Fallible<()> {
    let file = read(oracles, "measures.json")?;
    let cases = super::reference::list(&file["cases"]);
    let case = cases
        .iter()
        .find(|case| text(&case["measure"]) == "AUC")
        .ok_or("no AUC case")?;
    let mut inputs = Inputs::new();
    for input in [Input::Ai, Input::N1i, Input::N2i] {
        inputs = inputs.with(input, numbers(&case["inputs"][input.code()]));
    }
    let origin = Origin {
        reference: "second route: equals AUC",
        data: "made tables",
    };
    let measure = Measure::ALL
        .iter()
        .find(|measure| measure.code() == "CLES")
        .ok_or("no CLES")?;
    let ours = compute(*measure, &inputs, &EffectOptions::default())?;
    for (row, effect) in ours.into_iter().enumerate() {
        let effect = effect.ok_or("no effect")??;
        let (y, v) = (case["yi"][row].as_f64(), case["vi"][row].as_f64());
        book.note(
            (MEASURES, "CLES"),
            &origin,
            "yi",
            relative(effect.y, y.ok_or("no yi")?, 0.0),
        );
        book.note(
            (MEASURES, "CLES"),
            &origin,
            "vi",
            relative(effect.v, v.ok_or("no vi")?, 0.0),
        );
    }
    Ok(())
}

/// Difference of rates by the formula of Greenland and Robins (1985), from sums over strata.
fn rate_difference(oracles: &Path, book: &mut Book) -> Fallible<()> {
    let column = |header| table_column(oracles, "hart1999", header);
    let (x1, t1, x2, t2) = (column("x1i")?, column("t1i")?, column("x2i")?, column("t2i")?);
    let rows = || {
        x1.iter()
            .zip(&t1)
            .zip(x2.iter().zip(&t2))
            .map(|((x1, t1), (x2, t2))| (*x1, *t1, *x2, *t2))
    };
    let weight: f64 = rows().map(|(_, t1, _, t2)| t1 * t2 / (t1 + t2)).sum();
    let estimate = rows()
        .map(|(x1, t1, x2, t2)| (x1 * t2 - x2 * t1) / (t1 + t2))
        .sum::<f64>()
        / weight;
    let variance = rows()
        .map(|(x1, t1, x2, t2)| (x1 * t2 * t2 + x2 * t1 * t1) / (t1 + t2).powi(2))
        .sum::<f64>()
        / (weight * weight);
    let tables: Vec<_> = rows()
        .map(|(x1, t1, x2, t2)| PersonTime { x1, t1, x2, t2 })
        .collect();
    let ours = mantel_haenszel_rates(&tables, RateMeasure::RateDifference, &StrataOptions::default())?.mean;
    let origin = Origin {
        reference: "second route: sums over strata",
        data: "hart1999",
    };
    let mut strata = Comparer {
        book,
        origin: &origin,
        method: (STRATA, "MH IRD"),
    };
    strata.note(
        "estimate",
        Some(ours.estimate),
        &Value::from(estimate),
        ours.standard_error,
    );
    strata.note(
        "SE",
        Some(ours.standard_error),
        &Value::from(variance.sqrt()),
        0.0,
    );
    Ok(())
}

/// Draws behind a tail probability: its standard error is 3.5e-4 at .025 and 1.1e-3 at .5.
const DRAWS: usize = 200_000;

/// At a limit of tau2 the observed generalised Q stands at its 2.5 % point, at the median-unbiased estimate at
/// its median: both by drawing effects.
fn generalised_q(oracles: &Path, book: &mut Book) -> Fallible<()> {
    let effects = effects(&read(oracles, "bcg.json")?["cases"][0])?;
    let origin = Origin {
        reference: "second route: draws of Q at the limits",
        data: "bcg",
    };
    let kinds = [
        (Tau2IntervalKind::Jackson, -0.5),
        (Tau2IntervalKind::BiggerstaffJackson, -1.0),
        (Tau2IntervalKind::GeneralisedQ, -1.0),
    ];
    for (kind, power) in kinds {
        let options = Options {
            tau2_interval: Some(kind),
            ..Options::default()
        };
        let interval = attempt(&effects, &options).and_then(|pooled| pooled.tau2_interval);
        let limits = interval.map_or([f64::NAN; 2], |interval| [interval.lower, interval.upper]);
        for (limit, tail) in limits.into_iter().zip([0.975, 0.025]) {
            let share = share_below(&effects, limit, power);
            book.note(
                (TAU2_INTERVALS, kind.code()),
                &origin,
                "tail probability",
                relative(share, tail, 1.0),
            );
        }
    }
    let median = attempt(&effects, &Options::random(Tau2Method::Genqm));
    let tau2 = median.map_or(f64::NAN, |pooled| pooled.tau2.value);
    book.note(
        (TAU2, "GENQM"),
        &origin,
        "median",
        relative(share_below(&effects, tau2, -1.0), 0.5, 1.0),
    );
    Ok(())
}

/// Share of draws with tau2 in which Q with weights v^power is below the observed one.
fn share_below(effects: &Effects, tau2: f64, power: f64) -> f64 {
    if tau2.is_nan() {
        return f64::NAN;
    }
    let weights: Vec<f64> = effects.v().iter().map(|v| v.powf(power)).collect();
    let sum: f64 = weights.iter().sum();
    let q = |y: &[f64]| {
        let mean = weights.iter().zip(y).map(|(w, y)| w * y).sum::<f64>() / sum;
        weights
            .iter()
            .zip(y)
            .map(|(w, y)| w * (y - mean) * (y - mean))
            .sum::<f64>()
    };
    let observed = q(effects.y());
    let sd: Vec<f64> = effects.v().iter().map(|v| (v + tau2).sqrt()).collect();
    let mut stream = Stream::new(20_261_123, 2);
    let mut y = vec![0.0; sd.len()];
    let mut below = 0_usize;
    for _ in 0..DRAWS {
        y.iter_mut()
            .zip(&sd)
            .for_each(|(y, sd)| *y = sd * stream.normal());
        below += usize::from(q(&y) <= observed);
    }
    below as f64 / DRAWS as f64
}
