//! Lines: an acceptability curve, an estimate under priors, a monitored series. Made-up numbers.

use super::{heading, odds, points};
use onset_plot::lines::{LineKind, LinePoint, LineSeries, Lines};
use onset_plot::priors::{PriorFamily, Priors};
use onset_plot::survival::{SurvivalArm, SurvivalCurves};
use onset_plot::text::Scale;
use onset_plot::{Interval, Reference};

fn point(x: f64, y: Option<f64>, name: &str) -> LinePoint {
    LinePoint {
        x,
        y,
        name: name.to_owned(),
    }
}

/// Two outcomes, chance over willingness.
pub fn acceptability() -> Lines {
    let curve = |label: &str, hue: usize, middle: f64| LineSeries {
        label: label.to_owned(),
        hue,
        kind: LineKind::Marked,
        points: (0..=20)
            .map(|i| {
                let x = 5000.0 * f64::from(i);
                let chance = 100.0 / (1.0 + (-(x - middle) / 9000.0).exp());
                point(x, Some(chance), if i % 5 == 0 { "here" } else { "" })
            })
            .collect(),
    };
    Lines {
        heading: heading(
            "acceptability",
            "More likely than not worth it from 35,000 on",
            "Made up.",
        ),
        x: "What one extra person with the outcome may cost, USD".to_owned(),
        y: "Chance that the treatment is worth its extra cost, %".to_owned(),
        scale: Scale::Percent,
        y_limits: Some((0.0, 100.0)),
        series: vec![curve("Response", 0, 35_000.0), curve("Remission", 1, 60_000.0)],
        ..Lines::default()
    }
}

fn family(label: &str, shift: f64, ratio: bool) -> PriorFamily {
    let shown = |x: f64| if ratio { x.exp() } else { x };
    PriorFamily {
        label: label.to_owned(),
        points: (0..30)
            .map(|i| {
                let scale = 0.5 * 10_f64.powf(2.0 * f64::from(i) / 29.0);
                let wide = 1.5 + shift * scale.ln_1p();
                let middle = if ratio { 0.8 } else { -6.0 } + 0.1 * scale.ln_1p();
                let size = if ratio { 0.3 } else { 1.0 };
                let (low, high) = (middle - size * wide, middle + size * wide);
                (scale, Interval::new(shown(middle), shown(low), shown(high)))
            })
            .collect(),
    }
}

/// Three families, points of a scale.
pub fn priors() -> Priors {
    Priors {
        heading: heading(
            "prior-sensitivity",
            "Under each of 90 priors the interval lies on one side of no difference",
            "Made up.",
        ),
        effect: points(),
        unit: "MADRS points".to_owned(),
        families: vec![
            family("Half-normal", 0.6, false),
            family("Half-Cauchy", 1.0, false),
            family("Uniform", 1.4, false),
        ],
    }
}

/// The same on a ratio axis.
pub fn priors_ratio() -> Priors {
    Priors {
        effect: odds(),
        unit: "log odds ratio".to_owned(),
        families: vec![family("Half-normal", 0.6, true), family("Half-Cauchy", 1.0, true)],
        ..priors()
    }
}

/// A series with boundaries on both sides.
pub fn monitored() -> Lines {
    let people = [40.0, 113.0, 160.0, 420.0, 600.0];
    let z = [1.1, 2.4, 2.0, 3.1, 3.6];
    let boundary = [None, Some(4.87), Some(3.36), Some(2.68), Some(2.29)];
    let series = |label: &str, hue, kind, y: &dyn Fn(usize) -> Option<f64>| LineSeries {
        label: label.to_owned(),
        hue,
        kind,
        points: people
            .iter()
            .enumerate()
            .map(|(i, &x)| point(x, y(i), if kind == LineKind::Marked { "Trial" } else { "" }))
            .collect(),
    };
    Lines {
        heading: heading(
            "monitored",
            "A second view, not the conclusion: z passed its boundary",
            "Made up.",
        ),
        x: "People in the trials so far".to_owned(),
        y: "z (positive: towards benefit)".to_owned(),
        scale: Scale::Decimals(2),
        y_limits: Some((-5.0, 5.0)),
        series: vec![
            series("z", 0, LineKind::Marked, &|i| Some(z[i])),
            series("boundary, both sides", 1, LineKind::Dashed, &|i| boundary[i]),
            series("", 1, LineKind::Dashed, &|i| boundary[i].map(|b: f64| -b)),
            series("futility", 2, LineKind::Dotted, &|i| boundary[i].map(|b| b - 2.2)),
        ],
        uprights: vec![Reference {
            value: 934.0,
            label: "934 needed".to_owned(),
        }],
        ..Lines::default()
    }
}

/// Two arms with everybody's follow-up.
pub fn survival() -> SurvivalCurves {
    let arm = |label: &str, rate: f64| SurvivalArm {
        label: label.to_owned(),
        steps: (1..=40)
            .map(|i| {
                let time = 1.3 * f64::from(i);
                let (value, reach) = ((-rate * time).exp(), 0.02 + 0.002 * f64::from(i));
                (time, [value, value - reach, (value + reach).min(1.0)])
            })
            .collect(),
        followed: (0..240).map(|i| 0.25 * f64::from(i)).collect(),
    };
    SurvivalCurves {
        heading: heading("survival", "Fewer relapses on active treatment", "Made up."),
        time: "Time (weeks)".to_owned(),
        share: "Without the event, 95 % band".to_owned(),
        level: 0.95,
        arms: vec![arm("Control", 0.03), arm("Active", 0.018)],
        to: 52.0,
        horizons: vec![26.0, 52.0],
        note: "Dotted: horizons of the restricted means.".to_owned(),
    }
}
