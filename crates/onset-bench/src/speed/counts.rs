//! Models of counts, in this process.

use super::{Limit, Row, median_nanoseconds};
use crate::Fallible;
use onset::effects::Effects;
use onset::math::random::Stream;
use onset::models::counts::{GlmmData, GlmmModel, GlmmOptions, glmm};
use onset::models::pool::{Counts, bootstrap_prediction};
use std::hint::black_box;

/// Events and sizes of two groups in 18 trials of catheters (Niel-Weise et al. 2007): sparse, one trial without events.
const CATHETERS: [[u32; 4]; 18] = [
    [0, 116, 3, 117],
    [1, 44, 3, 35],
    [2, 208, 9, 195],
    [0, 130, 7, 136],
    [5, 151, 6, 157],
    [1, 98, 4, 139],
    [1, 174, 3, 177],
    [1, 74, 2, 39],
    [1, 97, 19, 103],
    [1, 113, 2, 122],
    [0, 66, 7, 64],
    [0, 70, 1, 58],
    [3, 188, 5, 175],
    [6, 187, 11, 180],
    [0, 118, 0, 105],
    [0, 252, 1, 262],
    [1, 345, 3, 362],
    [4, 64, 1, 69],
];

/// Rows of models of counts.
pub fn rows() -> Fallible<Vec<Row>> {
    let tables: Vec<Counts> = CATHETERS
        .iter()
        .map(|row| row.map(f64::from))
        .map(|[a, n1, c, n2]| Counts {
            a,
            b: n1 - a,
            c,
            d: n2 - c,
        })
        .collect();
    let options = GlmmOptions {
        tau2_interval: false,
        ..GlmmOptions::default()
    };
    let mut rows = Vec::new();
    for (model, budget) in [
        (GlmmModel::CmEl, 5e6),
        (GlmmModel::UmFs, 5e6),
        (GlmmModel::UmRs, 100e6),
    ] {
        glmm(GlmmData::Tables(&tables), model, None, &options)?;
        rows.push(Row::nanoseconds(
            &format!("GLMM {} nielweise2007", model.code()),
            median_nanoseconds(|| glmm(GlmmData::Tables(black_box(&tables)), model, None, &options)),
            budget,
            Limit::Arithmetic,
        ));
    }
    let mut stream = Stream::new(20_261_126, 13);
    let (mut y, mut v) = (Vec::new(), Vec::new());
    for _ in 0..13 {
        let variance = 0.02 * 25_f64.powf(stream.uniform());
        y.push(0.3 + (variance + 0.05).sqrt() * stream.normal());
        v.push(variance);
    }
    let effects = Effects::new(y, v, (1..=13).map(|study| study.to_string()).collect())?;
    bootstrap_prediction(&effects, 0.95, 10_000, 1)?;
    rows.push(Row::nanoseconds(
        "NNF prediction interval k=13, 10,000 draws",
        median_nanoseconds(|| bootstrap_prediction(black_box(&effects), 0.95, 10_000, 1)),
        50e6,
        Limit::Arithmetic,
    ));
    Ok(rows)
}
