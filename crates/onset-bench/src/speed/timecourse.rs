//! Time courses and survival on published data, in this process.

use super::{Limit, Row, median_nanoseconds};
use crate::Fallible;
use crate::validate::{alogliptin_visits, digitised};
use onset::models::survival::reconstruct;
use onset::models::timecourse::{Dispersion, Longitudinal, Options, fit};
use onset::review::{Protocol, folder, run};
use std::hint::black_box;
use std::path::Path;

/// Rows of time courses and survival.
pub fn rows() -> Fallible<Vec<Row>> {
    let oracles = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../oracles"));
    let data = Longitudinal::new(&alogliptin_visits(oracles)?, "placebo")?;
    let options = Options {
        dispersion: Dispersion::One,
        ..Options::default()
    };
    fit(&data, &options)?;
    let (points, risk) = digitised(oracles, "radiation_radioplus.csv", "at_risk_radioplus")?;
    reconstruct(&points, &risk, None)?;
    let mut rows = vec![
        Row::nanoseconds(
            "time course Emax alog_pcfb",
            median_nanoseconds(|| fit(black_box(&data), &options)),
            20e6,
            Limit::Arithmetic,
        ),
        Row::nanoseconds(
            "survival curve from a figure",
            median_nanoseconds(|| reconstruct(black_box(&points), &risk, None)),
            5e6,
            Limit::Arithmetic,
        ),
    ];
    rows.extend(flagship()?);
    Ok(rows)
}

/// The ketamine review's time courses: a run with them less a run without them.
fn flagship() -> Fallible<Option<Row>> {
    let folder = Path::new("reviews/ketamine");
    if !folder.is_dir() {
        return Ok(None);
    }
    let loaded = folder::check(folder).map_err(|_| "reviews/ketamine is broken")?;
    let (with, evidence) = loaded.value;
    let without = Protocol {
        timecourse: None,
        ..with.clone()
    };
    run(&with, &evidence, &loaded.warnings)?;
    let spent = |protocol: &Protocol| median_nanoseconds(|| run(black_box(protocol), &evidence, &loaded.warnings));
    let courses = (spent(&with) - spent(&without)).max(0.0);
    Ok(Some(Row::nanoseconds(
        "time courses of reviews/ketamine",
        courses,
        100e6,
        Limit::Arithmetic,
    )))
}
