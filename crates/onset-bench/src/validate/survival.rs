//! Survival: reconstructed curves, hazard ratios and restricted means against other programs and printed numbers.

use super::{Book, Origin, relative};
use crate::Fallible;
use crate::methods::SURVIVAL;
use onset::data::Table;
use onset::models::survival::{
    AtHorizon, AtRisk, Contrast, Information, Patient, Point, Printed, Reconstructed, cox, difference,
    hazard_ratio, kaplan_meier, pool_rmst, reconstruct, rmst,
};
use std::collections::BTreeMap;
use std::path::Path;

/// Compares every route.
pub fn compare(oracles: &Path, book: &mut Book) -> Fallible<()> {
    ratios(book)?;
    radiation(oracles, book)?;
    stenosis(oracles, book)
}

fn ratios(book: &mut Book) -> Fallible<()> {
    let origin = Origin {
        reference: "by hand, printed digits",
        data: "SUSTAIN-1",
    };
    let printed = hazard_ratio(&Printed::Interval {
        hr: 0.49,
        lower: 0.29,
        upper: 0.84,
        level: 0.95,
    })?;
    let method = (SURVIVAL, "hazard ratio, interval");
    book.note(method, &origin, "ln HR", relative(printed.ln_hr, -0.71335, 0.0));
    book.note(method, &origin, "SE", relative(printed.standard_error, 0.27131, 0.0));
    let by_p = hazard_ratio(&Printed::PAndEvents {
        p: printed.p(),
        information: Information::PerArm {
            active: 24.0,
            control: 39.0,
        },
        favours_active: true,
    })?;
    let origin = Origin {
        reference: "second route: z times the SE of the events",
        data: "SUSTAIN-1",
    };
    let method = (SURVIVAL, "hazard ratio, p and events");
    let se = (1.0f64 / 24.0 + 1.0 / 39.0).sqrt();
    let z = printed.ln_hr / printed.standard_error;
    book.note(method, &origin, "SE", relative(by_p.standard_error, se, 0.0));
    book.note(method, &origin, "ln HR", relative(by_p.ln_hr, z * se, 0.0));
    Ok(())
}

/// Columns of numbers of a file in oracles/methods.
fn columns(oracles: &Path, file: &str, names: &[&str]) -> Fallible<Vec<Vec<f64>>> {
    let table = Table::read(&oracles.join("methods").join(file)).map_err(|e| e.message.clone())?;
    names
        .iter()
        .map(|name| -> Fallible<Vec<f64>> {
            let column = table.column(name).map_err(|e| e.message.clone())?;
            let numbers = column.numbers().map_err(|e| e.message.clone())?;
            numbers.into_iter().collect::<Option<_>>().ok_or_else(|| format!("{name} has gaps").into())
        })
        .collect()
}

/// A digitised curve with its numbers at risk.
pub fn digitised(oracles: &Path, file: &str, column: &str) -> Fallible<(Vec<Point>, Vec<AtRisk>)> {
    let points = columns(oracles, file, &["time", "survival_percent"])?;
    let table = columns(oracles, "radiation_at_risk.csv", &["time", column])?;
    let pairs = |of: &[Vec<f64>]| -> Vec<(f64, f64)> {
        let mut columns = of.iter();
        match (columns.next(), columns.next()) {
            (Some(a), Some(b)) => a.iter().copied().zip(b.iter().copied()).collect(),
            _ => Vec::new(),
        }
    };
    let points = pairs(&points).into_iter().map(|(time, s)| Point { time, survival: s / 100.0 });
    let risk = pairs(&table).into_iter().map(|(time, n)| AtRisk { time, n });
    Ok((points.collect(), risk.collect()))
}

fn radiation(oracles: &Path, book: &mut Book) -> Fallible<()> {
    let origin = Origin {
        reference: "IPDfromKM, printed digits",
        data: "Radiationdata",
    };
    let arm = |file: &str, column: &str| -> Fallible<Reconstructed> {
        let (points, risk) = digitised(oracles, file, column)?;
        Ok(reconstruct(&points, &risk, None)?)
    };
    let radio = arm("radiation_radio.csv", "at_risk_radio")?;
    let plus = arm("radiation_radioplus.csv", "at_risk_radioplus")?;
    let method = (SURVIVAL, "reconstruction");
    for (ours, events, median) in [(&radio, 134.0, 14.8), (&plus, 110.0, 25.4)] {
        book.note(method, &origin, "events", relative(ours.curve.events as f64, events, 0.0));
        let found = ours.curve.median().unwrap_or(f64::NAN);
        book.note(method, &origin, "median", relative(found, median, 0.0));
        for (entry, found) in &ours.at_risk {
            book.note(method, &origin, "at risk", relative(*found, entry.n, 0.0));
        }
    }
    let fitted = cox(&plus.patients, &radio.patients)?;
    book.note((SURVIVAL, "Cox"), &origin, "HR", relative(fitted.ln_hr.exp(), 0.7169, 0.0));
    Ok(())
}

/// Printed differences and standard errors at 12, 24 and 36 months.
const TRIALS: [&[(f64, f64)]; 5] = [
    &[(0.3135, 0.2759), (0.5966, 0.6184)],
    &[(0.5993, 0.2956), (0.7476, 0.6717), (0.8917, 1.0590)],
    &[(0.0319, 0.1056), (-0.0442, 0.2605)],
    &[(0.1755, 0.1330), (0.2875, 0.3075)],
    &[(0.5159, 0.2199), (1.1821, 0.5264), (1.8163, 0.8672)],
];
const DL: [(f64, f64); 3] = [(0.236_922, 0.10341), (0.358_299, 0.211_335), (1.44518, 0.670_929)];
const COMMON: [(f64, f64); 3] = [(0.177_494, 0.072_197), (0.267_206, 0.170_252), (0.417_431, 0.305_938)];
const REML: [(f64, f64); 3] = [(0.2463, 0.1094), (0.4026, 0.2333), (0.5939, 0.3820)];

fn stenosis(oracles: &Path, book: &mut Book) -> Fallible<()> {
    let origin = Origin {
        reference: "metaRMST and metafor, printed digits",
        data: "AorticStenosisTrials",
    };
    let tau = [12.0, 24.0, 36.0];
    let read = columns(oracles, "AorticStenosisTrials.csv", &["Time", "Event", "Arm", "trialID"])?;
    let [times, events, arms, ids] = read.as_slice() else {
        return Err("four columns are needed".into());
    };
    let mut people: BTreeMap<(u64, bool), Vec<Patient>> = BTreeMap::new();
    for ((&time, &event), (&arm, &id)) in times.iter().zip(events).zip(arms.iter().zip(ids)) {
        let patient = Patient {
            time,
            event: event == 1.0,
        };
        people.entry((id as u64, arm == 1.0)).or_default().push(patient);
    }
    let mut trials: Vec<(String, Contrast)> = Vec::new();
    for (number, printed) in (1..).zip(TRIALS) {
        let curve = |active: bool| kaplan_meier(people.get(&(number, active)).map_or(&[][..], Vec::as_slice));
        let (active, control) = (curve(true)?, curve(false)?);
        let end = active.last.min(control.last);
        let own: Vec<f64> = tau.iter().copied().filter(|&t| t <= end).collect();
        let contrast = difference(&rmst(&active, &own)?, &rmst(&control, &own)?).ok_or("other horizons")?;
        for (i, &(y, se)) in printed.iter().enumerate() {
            let (ours, spread) = (contrast.estimate.get(i), contrast.standard_error(i));
            note(book, "RMST", &origin, (ours.copied(), spread), (y, se));
        }
        trials.push((number.to_string(), contrast));
    }
    let pooled = pool_rmst(&trials, &tau)?;
    for (code, ours, printed) in [
        ("RMST, DL", &pooled.dl, DL),
        ("RMST, multivariate common", &pooled.multivariate_common, COMMON),
        ("RMST, multivariate REML", &pooled.multivariate_random, REML),
    ] {
        for (i, theirs) in printed.into_iter().enumerate() {
            let found = ours.get(i).map(|h: &AtHorizon| (h.estimate, h.standard_error));
            note(book, code, &origin, (found.map(|f| f.0), found.map(|f| f.1)), theirs);
        }
    }
    Ok(())
}

/// An estimate in units of its standard error where that is larger, as everywhere on the page.
fn note(
    book: &mut Book,
    code: &'static str,
    origin: &Origin,
    ours: (Option<f64>, Option<f64>),
    theirs: (f64, f64),
) {
    let at = |x: Option<f64>| x.unwrap_or(f64::NAN);
    book.note((SURVIVAL, code), origin, "estimate", relative(at(ours.0), theirs.0, theirs.1));
    book.note((SURVIVAL, code), origin, "SE", relative(at(ours.1), theirs.1, 0.0));
}
