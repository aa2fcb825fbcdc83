//! Likelihoods that no program in `oracles/` maximises, by another way to the same number: the Copas model,
//! p-uniform*, the mixture of outliers; and the line of L'Abbe's plot.

use super::pairwise::effects;
use super::reference::{list, read};
use super::{Book, Origin, relative};
use crate::Fallible;
use crate::methods::{ADJUSTMENTS, DIAGNOSTICS};
use onset::effects::Effects;
use onset::math::minimize::{NelderMead, nelder_mead};
use onset::math::{normal, quadrature};
use onset::models::diagnostics::{labbe, outliers};
use onset::models::pool::{CountMeasure, Counts, Options, Tau2Method, Test, pool};
use onset::models::smallstudy::selection::{SelectionOptions, Side, WeightFunction, select};
use onset::models::smallstudy::{CopasOptions, PUniformOptions, copas, p_uniform};
use std::path::Path;

/// Compares them.
pub fn compare(oracles: &Path, book: &mut Book) -> Fallible<()> {
    let file = read(oracles, "hackshaw1998.json")?;
    let case = list(&file["cases"]).first().ok_or("no case of hackshaw1998")?;
    let effects = effects(case)?;
    joint_density(&effects, book)?;
    conditional(&effects, book)?;
    equal_variances(book)?;
    mixture(book)?;
    labbe_line(book)
}

/// The likelihood of the Copas model by adding up the joint density of effects and tendencies; everything
/// published is maximum likelihood without selection.
fn joint_density(effects: &Effects, book: &mut Book) -> Fallible<()> {
    let origin = Origin {
        reference: "second route: joint density by quadrature",
        data: "hackshaw1998",
    };
    let found = copas(effects, &CopasOptions::default())?;
    for fit in found.line.iter().chain(&found.grid) {
        let (Some(gamma), Some(rho)) = (fit.gamma, fit.rho) else {
            continue;
        };
        let rows = effects.y().iter().zip(effects.v());
        let of = |(y, v): (&f64, &f64)| {
            ln_seen(
                y - fit.mean.estimate,
                *v,
                fit.tau2,
                rho,
                gamma[0] + gamma[1] / v.sqrt(),
            )
        };
        let plain: f64 = rows.map(of).sum();
        book.note(
            (ADJUSTMENTS, "Copas"),
            &origin,
            "log-likelihood",
            relative(fit.loglik, plain, 1.0),
        );
    }
    let ml = pool(effects, &Options::random(Tau2Method::Ml).with_test(Test::Z))?.value;
    let ours = &found.unselected;
    let error = relative(ours.mean.estimate, ml.mean.estimate, ml.mean.standard_error);
    book.note(
        (ADJUSTMENTS, "Copas"),
        &origin,
        "estimate without selection",
        error,
    );
    Ok(())
}

/// ln of the density of a residual given that the tendency exceeds -u.
fn ln_seen(e: f64, v: f64, tau2: f64, rho: f64, u: f64) -> f64 {
    let integral = |f: &dyn Fn(f64) -> f64| {
        quadrature::adaptive(f, -u, -u + 12.0, 1e-14).value
            + quadrature::adaptive(f, -u + 12.0, -u + 40.0, 1e-16).value
    };
    let mass = integral(&normal::pdf);
    let first = integral(&|z| z * normal::pdf(z)) / mass;
    let second = integral(&|z| z * z * normal::pdf(z)) / mass;
    let sigma2 = v / (1.0 - rho * rho * (1.0 - second + first * first));
    let spread = (sigma2 * (1.0 - rho * rho) + tau2).sqrt();
    let sigma = sigma2.sqrt();
    let seen = integral(&|d| normal::pdf((e - sigma * rho * d) / spread) / spread * normal::pdf(d));
    (seen / mass).ln()
}

/// p-uniform* by its plain formula and a search without derivatives.
fn conditional(effects: &Effects, book: &mut Book) -> Fallible<()> {
    let origin = Origin {
        reference: "second route: plain formula, search without derivatives",
        data: "hackshaw1998",
    };
    let options = PUniformOptions {
        positive: true,
        alpha: 0.05,
        level: 0.95,
    };
    let ours = p_uniform(effects, &options)?;
    let plain = |x: &[f64]| {
        let rows = effects.y().iter().zip(effects.v());
        let of = |(y, v): (&f64, &f64)| {
            let sd = (v + x[1] * x[1]).sqrt();
            let limit = normal::quantile(0.975) * v.sqrt();
            let tail = normal::sf((limit - x[0]) / sd);
            let tail = if *y > limit { tail } else { 1.0 - tail };
            (normal::pdf((y - x[0]) / sd) / sd / tail).ln()
        };
        rows.map(of).sum::<f64>()
    };
    let searched = nelder_mead(|x| -plain(x), &[0.2, 0.1], NelderMead::default());
    let method = (ADJUSTMENTS, "p-uniform*");
    book.note(
        method,
        &origin,
        "log-likelihood",
        relative(ours.loglik, -searched.value, 1.0),
    );
    let spread = 0.25 * (ours.ci_upper.unwrap_or(f64::NAN) - ours.ci_lower.unwrap_or(f64::NAN));
    let theirs = searched.x.first().copied().unwrap_or(f64::NAN);
    book.note(
        method,
        &origin,
        "estimate",
        relative(ours.estimate, theirs, spread),
    );
    Ok(())
}

/// With equal sampling variances p-uniform* has the maximum of the one-step selection model.
fn equal_variances(book: &mut Book) -> Fallible<()> {
    let origin = Origin {
        reference: "second route: the one-step model at equal variances",
        data: "made effects",
    };
    let y = vec![0.9, 0.75, 0.2, 1.3, 0.7, 0.1, 0.68, -0.3, 1.1, 0.5, 0.85, 0.3];
    let labels = (1..=y.len()).map(|i| i.to_string()).collect();
    let effects = Effects::new(y, vec![0.1; 12], labels)?;
    let options = PUniformOptions {
        positive: true,
        alpha: 0.05,
        level: 0.95,
    };
    let ours = p_uniform(&effects, &options)?;
    let step = WeightFunction::steps(&[0.025])?;
    let theirs = select(&effects, &SelectionOptions::new(step, Side::Greater))?;
    let method = (ADJUSTMENTS, "p-uniform*");
    let error = relative(ours.estimate, theirs.mean.estimate, theirs.mean.standard_error);
    book.note(method, &origin, "estimate", error);
    book.note(method, &origin, "tau2", relative(ours.tau2, theirs.tau2, 0.1));
    Ok(())
}

/// The mixture by its plain density and a search without derivatives.
fn mixture(book: &mut Book) -> Fallible<()> {
    let origin = Origin {
        reference: "second route: plain density, search without derivatives",
        data: "made effects",
    };
    let y = vec![0.1, 0.25, 0.18, 0.3, 0.05, 0.22, 0.15, 2.4, 0.2, 0.12, 0.28];
    let v: Vec<f64> = (0..11).map(|i| 0.01 + 0.004 * f64::from(i)).collect();
    let labels = (1..=y.len()).map(|i| i.to_string()).collect();
    let ours = outliers(&Effects::new(y.clone(), v.clone(), labels)?, 0.95)?;
    let plain = |x: &[f64]| {
        let density = |y: f64, a: f64| normal::pdf((y - x[0]) / a.sqrt()) / a.sqrt();
        let p = 0.5 * x[3].sin().powi(2);
        let rows = y.iter().zip(&v).map(|(y, v)| {
            let a = v + x[1] * x[1];
            ((1.0 - p) * density(*y, a) + p * density(*y, a + x[2] * x[2])).ln()
        });
        rows.sum::<f64>()
    };
    let starts = [[0.2, 0.05, 1.0, 0.5], [0.3, 0.3, 3.0, 0.3], [0.2, 0.01, 2.0, 0.9]];
    let tops = starts.map(|start| nelder_mead(|x| -plain(x), &start, NelderMead::default()));
    let [first, second, third] = tops;
    let mut best = first;
    for other in [second, third] {
        if other.value < best.value {
            best = other;
        }
    }
    let method = (DIAGNOSTICS, "outlier mixture");
    book.note(
        method,
        &origin,
        "log-likelihood",
        relative(ours.loglik, -best.value, 1.0),
    );
    let theirs = best.x.first().copied().unwrap_or(f64::NAN);
    let error = relative(ours.mean.estimate, theirs, ours.mean.standard_error);
    book.note(method, &origin, "estimate", error);
    Ok(())
}

/// Every point of the line has the effect that it stands for.
fn labbe_line(book: &mut Book) -> Fallible<()> {
    let origin = Origin {
        reference: "second route: the effect of each point of the line",
        data: "made tables",
    };
    let tables = [
        Counts {
            a: 4.0,
            b: 16.0,
            c: 8.0,
            d: 12.0,
        },
        Counts {
            a: 1.0,
            b: 29.0,
            c: 6.0,
            d: 24.0,
        },
    ];
    for (measure, effect) in [
        (CountMeasure::OddsRatio, -0.8),
        (CountMeasure::RiskRatio, -0.5),
        (CountMeasure::RiskDifference, -0.1),
    ] {
        for (control, treated) in labbe(&tables, measure, effect)?.line {
            let found = match measure {
                CountMeasure::OddsRatio => (treated / (1.0 - treated) / (control / (1.0 - control))).ln(),
                CountMeasure::RiskRatio => (treated / control).ln(),
                CountMeasure::RiskDifference => treated - control,
            };
            if found.is_finite() {
                book.note(
                    (DIAGNOSTICS, "L'Abbe"),
                    &origin,
                    "effect",
                    relative(found, effect, 1.0),
                );
            }
        }
    }
    Ok(())
}
