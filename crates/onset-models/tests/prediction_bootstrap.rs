//! The bootstrap prediction interval: a published analysis, and the same interval by plain simulation.
#![allow(clippy::unwrap_used, reason = "a test may stop at the first surprise")]

use onset_effects::Effects;
use onset_math::random::Stream;
use onset_models::pool::{
    Options, PoolError, Prediction, PredictionChoice, PredictionKind, Tau2Method, bootstrap_prediction, pool,
};

/// Responders and patients on cisapride and on placebo in 13 trials (Hartung & Knapp 2001, Stat Med 20:3875), as
/// printed in the pimeta vignette.
const CISAPRIDE: [[f64; 4]; 13] = [
    [15.0, 16.0, 9.0, 16.0],
    [12.0, 16.0, 1.0, 16.0],
    [29.0, 34.0, 18.0, 34.0],
    [42.0, 56.0, 31.0, 56.0],
    [14.0, 22.0, 6.0, 22.0],
    [44.0, 54.0, 17.0, 55.0],
    [14.0, 17.0, 7.0, 15.0],
    [29.0, 58.0, 23.0, 58.0],
    [10.0, 14.0, 3.0, 15.0],
    [17.0, 26.0, 6.0, 27.0],
    [38.0, 44.0, 12.0, 45.0],
    [19.0, 29.0, 22.0, 30.0],
    [21.0, 38.0, 19.0, 38.0],
];
/// Printed to three decimals.
const PRINTED: f64 = 5.1e-4;
/// A limit from 25,000 draws has a standard error of about 0.013 on the log scale here; both sides draw.
const DRAWN: f64 = 0.06;

fn effects(rows: &[[f64; 4]]) -> Effects {
    let (mut y, mut v) = (Vec::new(), Vec::new());
    for [a, n1, c, n2] in rows {
        let cells = [a + 0.5, n1 - a + 0.5, c + 0.5, n2 - c + 0.5];
        y.push((cells[0] * cells[3] / (cells[1] * cells[2])).ln());
        v.push(cells.iter().map(|x| 1.0 / x).sum());
    }
    let labels = (1..=y.len()).map(|i| i.to_string()).collect();
    Effects::new(y, v, labels).unwrap()
}

#[test]
fn cisapride_as_published() {
    let effects = effects(&CISAPRIDE);
    // pimeta vignette: 4.141 [0.533, 33.692], tau-squared 0.718 (DerSimonian-Laird), 25,000 draws
    let dl = pool(&effects, &Options::random(Tau2Method::Dl)).unwrap().value;
    assert!((dl.mean.estimate.exp() - 4.141).abs() < PRINTED);
    assert!((dl.tau2.value - 0.718).abs() < PRINTED);
    let ours = bootstrap_prediction(&effects, 0.95, 100_000, 1).unwrap();
    assert!(
        (ours.lower - 0.533_f64.ln()).abs() < DRAWN,
        "{}",
        ours.lower.exp()
    );
    assert!(
        (ours.upper - 33.692_f64.ln()).abs() < DRAWN,
        "{}",
        ours.upper.exp()
    );
}

/// tau2 from its confidence distribution without that distribution: for a uniform p, the t at which the share of
/// simulated Q above the observed one is p. The chi-squared draws are shared, so that the share is monotone in t.
fn by_simulation(effects: &Effects, draws: usize) -> (f64, f64) {
    let (y, v) = (effects.y(), effects.v());
    let k = y.len();
    let w: Vec<f64> = v.iter().map(|v| 1.0 / v).collect();
    let sum: f64 = w.iter().sum();
    let q = |y: &[f64]| {
        let mean = w.iter().zip(y).map(|(w, y)| w * y).sum::<f64>() / sum;
        w.iter()
            .zip(y)
            .map(|(w, y)| w * (y - mean) * (y - mean))
            .sum::<f64>()
    };
    let observed = q(y);
    let mut stream = Stream::new(20_261_126, 3);
    let noise: Vec<Vec<f64>> = (0..4_000)
        .map(|_| (0..k).map(|_| stream.normal()).collect())
        .collect();
    let above = |t: f64| {
        let hit = noise.iter().filter(|z| {
            let y: Vec<f64> = z.iter().zip(v).map(|(z, v)| z * (v + t).sqrt()).collect();
            q(&y) > observed
        });
        hit.count() as f64 / noise.len() as f64
    };
    let grid: Vec<(f64, f64)> = (0..240)
        .map(|i| {
            let t = 1e-4 * (f64::from(i) * 0.06).exp() - 1e-4;
            (t, above(t))
        })
        .collect();
    let mut values: Vec<f64> = (0..draws)
        .map(|_| {
            let p = stream.uniform();
            let i = grid.partition_point(|(_, share)| *share < p);
            let t = if i == 0 || i == grid.len() {
                grid[i.min(grid.len() - 1)].0
            } else {
                let ((t0, s0), (t1, s1)) = (grid[i - 1], grid[i]);
                t0 + (t1 - t0) * (p - s0) / (s1 - s0)
            };
            let w: Vec<f64> = v.iter().map(|v| 1.0 / (v + t)).collect();
            let sum: f64 = w.iter().sum();
            let mean = w.iter().zip(y).map(|(w, y)| w * y).sum::<f64>() / sum;
            let spread: f64 = w.iter().zip(y).map(|(w, y)| w * (y - mean) * (y - mean)).sum();
            let df = k as f64 - 1.0;
            mean + t.sqrt() * stream.normal() - stream.student_t(df) * (spread / (df * sum)).sqrt()
        })
        .collect();
    values.sort_by(f64::total_cmp);
    (values[draws / 40], values[draws - draws / 40])
}

#[test]
fn the_same_by_plain_simulation() {
    // few and many studies, with and without heterogeneity
    for rows in [&CISAPRIDE[..], &CISAPRIDE[3..9]] {
        let effects = effects(rows);
        let ours = bootstrap_prediction(&effects, 0.95, 100_000, 7).unwrap();
        let (lower, upper) = by_simulation(&effects, 100_000);
        let width = ours.upper - ours.lower;
        // 4,000 simulated Q leave up to 2 % of the width
        assert!(
            (ours.lower - lower).abs() < 0.03 * width,
            "{} {lower}",
            ours.lower
        );
        assert!(
            (ours.upper - upper).abs() < 0.03 * width,
            "{} {upper}",
            ours.upper
        );
    }
}

#[test]
fn seeded_and_refused() {
    let effects = effects(&CISAPRIDE);
    let run = |seed| bootstrap_prediction(&effects, 0.95, 1_000, seed).unwrap();
    let same = |a: Prediction, b: Prediction| a.lower.to_bits() == b.lower.to_bits();
    assert!(same(run(3), run(3)) && !same(run(3), run(4)));
    let few = Effects::new(vec![0.1, 0.2], vec![0.1, 0.1], vec!["a".into(), "b".into()]).unwrap();
    assert!(matches!(
        bootstrap_prediction(&few, 0.95, 1_000, 1),
        Err(PoolError::TooFewStudies { .. })
    ));
    assert!(bootstrap_prediction(&effects, 0.95, 10, 1).is_err());
    let flat = Effects::new(
        vec![0.3; 4],
        vec![0.1; 4],
        (1..=4).map(|i| i.to_string()).collect(),
    )
    .unwrap();
    let found = bootstrap_prediction(&flat, 0.95, 1_000, 1).unwrap();
    assert!(found.lower <= 0.3 && found.upper >= 0.3);
    let options = Options {
        prediction: PredictionChoice::Kind(PredictionKind::Nnf),
        ..Options::default()
    };
    let asked = pool(&effects, &options).unwrap().value.prediction.unwrap();
    assert_eq!(asked.kind, PredictionKind::Nnf);
}
