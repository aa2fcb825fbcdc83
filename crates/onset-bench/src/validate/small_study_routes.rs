//! The Copas model and p-uniform*, by another way to the same number.

use super::pairwise::effects;
use super::reference::{list, read};
use super::{Book, Origin, relative};
use crate::Fallible;
use crate::methods::ADJUSTMENTS;
use onset::effects::Effects;
use onset::math::minimize::{NelderMead, nelder_mead};
use onset::math::{normal, quadrature};
use onset::models::pool::{Options, Tau2Method, Test, pool};
use onset::models::smallstudy::selection::{SelectionOptions, Side, WeightFunction, select};
use onset::models::smallstudy::{CopasOptions, PUniformOptions, copas, p_uniform};
use std::path::Path;

/// Compares both.
pub fn compare(oracles: &Path, book: &mut Book) -> Fallible<()> {
    let file = read(oracles, "hackshaw1998.json")?;
    let case = list(&file["cases"]).first().ok_or("no case of hackshaw1998")?;
    let effects = effects(case)?;
    joint_density(&effects, book)?;
    conditional(&effects, book)?;
    equal_variances(book)
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
        let of = |(y, v): (&f64, &f64)| ln_seen(y - fit.mean.estimate, *v, fit.tau2, rho, gamma[0] + gamma[1] / v.sqrt());
        let plain: f64 = rows.map(of).sum();
        book.note((ADJUSTMENTS, "Copas"), &origin, "log-likelihood", relative(fit.loglik, plain, 1.0));
    }
    let ml = pool(effects, &Options::random(Tau2Method::Ml).with_test(Test::Z))?.value;
    let ours = &found.unselected;
    let error = relative(ours.mean.estimate, ml.mean.estimate, ml.mean.standard_error);
    book.note((ADJUSTMENTS, "Copas"), &origin, "estimate without selection", error);
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
    book.note(method, &origin, "log-likelihood", relative(ours.loglik, -searched.value, 1.0));
    let spread = 0.25 * (ours.ci_upper.unwrap_or(f64::NAN) - ours.ci_lower.unwrap_or(f64::NAN));
    let theirs = searched.x.first().copied().unwrap_or(f64::NAN);
    book.note(method, &origin, "estimate", relative(ours.estimate, theirs, spread));
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
