//! From counts and a model to the factors of the likelihood.

use super::glmm::{GlmmData, GlmmModel};
use super::integral::{Factor, MOST, Shape, Study};
use super::law::Law;
use crate::pool::{Counts, PersonTime, PoolError};

/// Which parameters a fit has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Effects {
    /// Coefficients, and a random effect of each study around them.
    Random,
    /// Coefficients alone.
    Common,
    /// A free effect for each study.
    Saturated,
}

/// Whole numbers, groups with people in them.
pub(super) fn check(data: GlmmData) -> Result<(), PoolError> {
    let whole = |row: usize, name: &'static str, found: f64| {
        if found.fract() == 0.0 && (0.0..=MOST_PEOPLE).contains(&found) {
            Ok(())
        } else {
            Err(PoolError::NotWhole {
                row: row + 1,
                name,
                found,
            })
        }
    };
    let time = |row: usize, name: &'static str, found: f64| {
        if found > 0.0 && found.is_finite() {
            Ok(())
        } else {
            Err(PoolError::BadCount {
                row: row + 1,
                name,
                found,
            })
        }
    };
    match data {
        GlmmData::Tables(tables) => tables.iter().enumerate().try_for_each(|(row, t)| {
            t.check(row)?;
            let cells = [("a", t.a), ("b", t.b), ("c", t.c), ("d", t.d)];
            cells.iter().try_for_each(|&(name, x)| whole(row, name, x))
        }),
        GlmmData::Rates(rates) => rates.iter().enumerate().try_for_each(|(row, r)| {
            r.check(row)?;
            whole(row, "x1", r.x1)?;
            whole(row, "x2", r.x2)
        }),
        GlmmData::Proportions(rows) => rows.iter().enumerate().try_for_each(|(row, &(x, n))| {
            whole(row, "x", x)?;
            whole(row, "n", n)?;
            time(row, "n", n)?;
            whole(row, "n - x", n - x)
        }),
        GlmmData::OneRates(rows) => rows.iter().enumerate().try_for_each(|(row, &(x, t))| {
            whole(row, "x", x)?;
            time(row, "t", t)
        }),
    }
}

/// Above it neighbouring whole numbers cannot be told apart in the likelihood.
const MOST_PEOPLE: f64 = 1e9;

/// Rows with information on the effect, in order.
pub(super) fn informative(data: GlmmData) -> Vec<usize> {
    let keep = |row: &usize| match data {
        GlmmData::Tables(t) => t.get(*row).is_some_and(|t| !t.is_uninformative()),
        GlmmData::Rates(r) => r.get(*row).is_some_and(|r| r.x1 + r.x2 > 0.0),
        GlmmData::Proportions(_) | GlmmData::OneRates(_) => true,
    };
    (0..data.len()).filter(keep).collect()
}

/// Whether events, and non-events, exist on both sides.
pub(super) fn estimable(data: GlmmData, rows: &[usize]) -> bool {
    let sum = |f: &dyn Fn(usize) -> f64| rows.iter().map(|&row| f(row)).sum::<f64>() > 0.0;
    match data {
        GlmmData::Tables(t) => sum(&|i| t[i].a) && sum(&|i| t[i].b) && sum(&|i| t[i].c) && sum(&|i| t[i].d),
        GlmmData::Rates(r) => sum(&|i| r[i].x1) && sum(&|i| r[i].x2),
        GlmmData::Proportions(p) => sum(&|i| p[i].0) && sum(&|i| p[i].1 - p[i].0),
        GlmmData::OneRates(r) => sum(&|i| r[i].0),
    }
}

/// Parameters of the fit.
pub(super) fn shape(data: GlmmData, model: GlmmModel, effects: Effects, p: usize) -> Shape {
    let (two, um) = (data.is_two_group(), model.is_unconditional());
    let tau = usize::from(effects == Effects::Random);
    let own_effect = effects == Effects::Saturated;
    let coefficients = if own_effect { 0 } else { p };
    match (two && um, model) {
        (true, GlmmModel::UmRs) => Shape {
            fixed: 1 + coefficients,
            random: tau + 1,
            local: own_effect,
        },
        (true, _) => Shape {
            fixed: coefficients,
            random: tau,
            local: true,
        },
        _ => Shape {
            fixed: coefficients,
            random: tau,
            local: own_effect,
        },
    }
}

/// The studies `rows`; `x` holds one row of p moderators for each.
pub(super) fn studies(
    data: GlmmData,
    model: GlmmModel,
    effects: Effects,
    rows: &[usize],
    x: &[f64],
    p: usize,
) -> Vec<Study> {
    let each = rows.iter().zip(x.chunks(p.max(1)));
    each.map(|(&row, x)| {
        let moderators = if effects == Effects::Saturated { &[] } else { x };
        let factors = match data {
            GlmmData::Tables(t) => table_factors(&t[row], model, effects, moderators),
            GlmmData::Rates(r) => rate_factors(&r[row], model, effects, moderators),
            GlmmData::Proportions(rows) => {
                let (events, n) = rows[row];
                vec![whole(Law::binomial(events, n), 0.0, effects, moderators)]
            }
            GlmmData::OneRates(rows) => {
                let (events, time) = rows[row];
                vec![whole(Law::poisson(events), time.ln(), effects, moderators)]
            }
        };
        Study {
            factors,
            mode: [0.0; MOST],
        }
    })
    .collect()
}

fn table_factors(t: &Counts, model: GlmmModel, effects: Effects, x: &[f64]) -> Vec<Factor> {
    let events = t.a + t.c;
    match model {
        GlmmModel::UmFs | GlmmModel::UmRs => vec![
            half(Law::binomial(t.a, t.n1()), 0.0, 0.5, model, effects, x),
            half(Law::binomial(t.c, t.n2()), 0.0, -0.5, model, effects, x),
        ],
        GlmmModel::CmEl => {
            let law = Law::Conditional {
                events: t.a as u64,
                n1: t.n1() as u64,
                n2: t.n2() as u64,
                total: events as u64,
            };
            vec![whole(law, 0.0, effects, x)]
        }
        GlmmModel::CmAl => {
            let offset = (t.n1() / t.n2()).ln();
            vec![whole(Law::binomial(t.a, events), offset, effects, x)]
        }
    }
}

fn rate_factors(r: &PersonTime, model: GlmmModel, effects: Effects, x: &[f64]) -> Vec<Factor> {
    match model {
        GlmmModel::UmFs | GlmmModel::UmRs => vec![
            half(Law::poisson(r.x1), r.t1.ln(), 0.5, model, effects, x),
            half(Law::poisson(r.x2), r.t2.ln(), -0.5, model, effects, x),
        ],
        GlmmModel::CmEl | GlmmModel::CmAl => {
            let law = Law::binomial(r.x1, r.x1 + r.x2);
            vec![whole(law, (r.t1 / r.t2).ln(), effects, x)]
        }
    }
}

/// A factor whose predictor is the effect itself.
fn whole(law: Law, offset: f64, effects: Effects, x: &[f64]) -> Factor {
    let saturated = effects == Effects::Saturated;
    Factor {
        law,
        offset,
        fixed: x.to_vec(),
        local: if saturated { 1.0 } else { 0.0 },
        random: [1.0, 0.0],
    }
}

/// One group: the level of the study plus `side` times the effect.
fn half(law: Law, offset: f64, side: f64, model: GlmmModel, effects: Effects, x: &[f64]) -> Factor {
    let random_study = model == GlmmModel::UmRs;
    let mut fixed = Vec::with_capacity(x.len() + 1);
    if random_study {
        fixed.push(1.0);
    }
    fixed.extend(x.iter().map(|x| side * x));
    let local = match (random_study, effects) {
        // the random level is that of group 2, and each study moves group 1 away from it
        (true, Effects::Saturated) => side + 0.5,
        (true, _) => 0.0,
        (false, _) => 1.0,
    };
    let random = match (random_study, effects) {
        (true, Effects::Random) => [side, 1.0],
        (true, _) => [1.0, 0.0],
        (false, _) => [side, 0.0],
    };
    Factor {
        law,
        offset,
        fixed,
        local,
        random,
    }
}
