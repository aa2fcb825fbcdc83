//! Selection models on made data.

use super::{Limit, Row, median_nanoseconds};
use crate::Fallible;
use onset::effects::Effects;
use onset::math::random::Stream;
use onset::models::smallstudy::selection::{SelectionOptions, Side, StepModel, WeightFunction, select};
use std::hint::black_box;

/// Rows of selection models.
pub fn rows() -> Fallible<Vec<Row>> {
    let (y, v) = made(37);
    let labels = (1..=37).map(|study| study.to_string()).collect();
    let effects = Effects::new(y.clone(), v.clone(), labels)?;
    let options = SelectionOptions::new(WeightFunction::steps(&[0.025])?, Side::Greater);
    select(&effects, &options)?; // a row that fails would be fast
    let mut model = StepModel::new(&[0.025], Side::Greater, true)?;
    model.fit(&y, &v)?;
    let (mut other_y, mut other_v) = (y.clone(), v.clone());
    other_y.pop();
    other_v.pop();
    model.fit(&other_y, &other_v)?;
    let mut whole = false;
    Ok(vec![
        Row::nanoseconds(
            "selection model one step k=37",
            median_nanoseconds(|| select(black_box(&effects), &options)),
            300_000.0,
            Limit::Arithmetic,
        ),
        Row::nanoseconds(
            "selection model one step k=37, warm refit",
            median_nanoseconds(|| {
                whole = !whole;
                if whole {
                    model.fit(black_box(&y), &v)
                } else {
                    model.fit(black_box(&other_y), &other_v)
                }
            }),
            150_000.0,
            Limit::Arithmetic,
        ),
    ])
}

fn made(k: usize) -> (Vec<f64>, Vec<f64>) {
    let mut stream = Stream::new(20_261_123, 37);
    let (mut y, mut v) = (Vec::new(), Vec::new());
    while y.len() < k {
        let variance: f64 = 0.01 * 25_f64.powf(stream.uniform());
        let effect = 0.2 + (variance + 0.03).sqrt() * stream.normal();
        // half of the studies that are not significant stay in the drawer
        if effect / variance.sqrt() > 1.96 || stream.uniform() < 0.5 {
            y.push(effect);
            v.push(variance);
        }
    }
    (y, v)
}
