//! Networks on made data, in this process.

use super::{Limit, Row, median_nanoseconds};
use crate::Fallible;
use onset::math::random::Stream;
use onset::models::network::{Contrast, Network, NetworkOptions, contribution, network_meta};
use std::hint::black_box;

/// Rows of networks: a small one with all outputs, a large one with and without contributions.
pub fn rows() -> Fallible<Vec<Row>> {
    let options = NetworkOptions::default();
    let small = made(10, 26)?;
    let large = made(100, 1_000)?;
    network_meta(&small, &options)?;
    let tau2 = network_meta(&large, &options)?.value.tau2;
    Ok(vec![
        Row::nanoseconds(
            "network 10 treatments 26 studies, full outputs",
            median_nanoseconds(|| {
                (
                    network_meta(black_box(&small), &options),
                    contribution(&small, 0.0),
                )
            }),
            1e6,
            Limit::Arithmetic,
        ),
        Row::nanoseconds(
            "network 100 treatments 1000 studies, fit and league",
            median_nanoseconds(|| network_meta(black_box(&large), &options)),
            2e8,
            Limit::Arithmetic,
        ),
        Row::nanoseconds(
            "network 100 treatments 1000 studies, contributions",
            median_nanoseconds(|| contribution(black_box(&large), tau2)),
            2e9,
            Limit::Arithmetic,
        ),
    ])
}

/// Studies of two arms: the first join all treatments in a chain, the rest are drawn.
fn made(treatments: usize, studies: usize) -> Fallible<Network> {
    let mut stream = Stream::new(20_261_123, studies as u64);
    let name = |i: u64| format!("T{i:03}");
    let mut rows = Vec::with_capacity(studies);
    for study in 0..studies as u64 {
        let n = treatments as u64;
        let (a, b) = if study + 1 < n {
            (study, study + 1)
        } else {
            let a = stream.below(n);
            (a, (a + 1 + stream.below(n - 1)) % n)
        };
        let se = 0.1 + 0.4 * stream.uniform();
        let y = 0.05 * (a as f64 - b as f64) + (se * se + 0.04).sqrt() * stream.normal();
        rows.push(Contrast {
            study: study.to_string(),
            treat1: name(a),
            treat2: name(b),
            y,
            se,
        });
    }
    Ok(Network::new(&rows)?.value)
}
