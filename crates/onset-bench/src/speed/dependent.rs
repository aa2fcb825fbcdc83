//! Multilevel models on made data, in this process.

use super::{Limit, Row, median_nanoseconds};
use crate::Fallible;
use onset::effects::Effects;
use onset::math::random::Stream;
use onset::models::multilevel::{Options, Random, RobustType, Sampling, multilevel};
use onset::models::regress::Design;
use std::hint::black_box;

/// Rows of multilevel models: fits without intervals of the components.
pub fn rows() -> Fallible<Vec<Row>> {
    let few = Made::new(56, 11)?;
    let many = Made::new(2_000, 400)?;
    let most = Made::new(1_000_000, 200_000)?;
    let options = Options {
        intervals: false,
        ..Options::default()
    };
    let fit = |made: &Made, rho: Option<f64>| {
        let sampling = match rho {
            Some(rho) => Sampling::constant(made.effects.v(), &made.study, rho),
            None => Sampling::independent(made.effects.v()),
        };
        multilevel(
            &made.effects,
            &made.design,
            sampling?,
            made.random.clone(),
            &options,
        )
    };
    let row = |name: &str, made: &Made, rho: Option<f64>, budget: f64, limit: Limit| -> Fallible<Row> {
        fit(made, rho)?; // a row that fails would be fast
        let median = median_nanoseconds(|| fit(black_box(made), rho));
        Ok(Row::nanoseconds(name, median, budget, limit))
    };
    let working = fit(&many, Some(0.6))?.value;
    working.robust(&many.study, RobustType::Cr2)?;
    Ok(vec![
        row(
            "multilevel REML three levels k=56",
            &few,
            None,
            1e5,
            Limit::Arithmetic,
        )?,
        row(
            "multilevel REML k=2000 in 400",
            &many,
            None,
            3e6,
            Limit::Arithmetic,
        )?,
        row(
            "multilevel REML k=2000 in 400, rho=0.6",
            &many,
            Some(0.6),
            1e7,
            Limit::Arithmetic,
        )?,
        row("multilevel REML k=1e6 in 200000", &most, None, 3e9, Limit::Memory)?,
        Row::nanoseconds(
            "CR2 with Satterthwaite k=2000 in 400",
            median_nanoseconds(|| working.robust(black_box(&many.study), RobustType::Cr2)),
            2e7,
            Limit::Arithmetic,
        ),
    ])
}

/// Effects in studies of about equal size: variance 0.04 between studies, 0.03 within.
struct Made {
    effects: Effects,
    design: Design,
    study: Vec<usize>,
    random: Vec<Random>,
}

impl Made {
    fn new(n: usize, studies: usize) -> Fallible<Made> {
        let mut stream = Stream::new(20_261_126, n as u64);
        let shifts: Vec<f64> = (0..studies).map(|_| 0.2 * stream.normal()).collect();
        let study: Vec<usize> = (0..n).map(|row| row * studies / n).collect();
        let (mut y, mut v) = (Vec::with_capacity(n), Vec::with_capacity(n));
        for &study in &study {
            let variance = 0.02 * 25_f64.powf(stream.uniform());
            y.push(0.3 + shifts[study] + (variance + 0.03).sqrt() * stream.normal());
            v.push(variance);
        }
        let labels = (1..=n).map(|row| row.to_string()).collect();
        Ok(Made {
            effects: Effects::new(y, v, labels)?,
            design: Design::new(vec!["intercept".to_owned()], vec![1.0; n], true)?,
            random: vec![
                Random::numbered("study", study.clone(), studies)?,
                Random::numbered("study/effect", (0..n).collect(), n)?,
            ],
            study,
        })
    }
}
