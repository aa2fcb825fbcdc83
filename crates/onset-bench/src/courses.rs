//! Time courses and follow-up in `oracles/methods/`, as the models take them.

use crate::Fallible;
use onset::data::Table;
use onset::models::survival::{AtRisk, Contrast, Patient, Point, difference, kaplan_meier, rmst};
use onset::models::timecourse::{Longitudinal, TimeVisit};
use std::collections::BTreeMap;

const ALOGLIPTIN: &[u8] = include_bytes!("../../../oracles/methods/alog_pcfb.csv");
const OSTEOARTHRITIS: &[u8] = include_bytes!("../../../oracles/methods/osteopain.csv");
const RADIO: &[u8] = include_bytes!("../../../oracles/methods/radiation_radio.csv");
const RADIO_PLUS: &[u8] = include_bytes!("../../../oracles/methods/radiation_radioplus.csv");
const AT_RISK: &[u8] = include_bytes!("../../../oracles/methods/radiation_at_risk.csv");
const STENOSIS: &[u8] = include_bytes!("../../../oracles/methods/AorticStenosisTrials.csv");

/// Horizons of the aortic stenosis trials, months.
pub const MONTHS: [f64; 3] = [12.0, 24.0, 36.0];

/// HbA1c under alogliptin and placebo: 14 studies, 233 visits of arms.
pub fn alogliptin() -> Fallible<Longitudinal> {
    let table = parse("alog_pcfb.csv", ALOGLIPTIN)?;
    let treatment = words(&table, "treatment")?;
    Ok(Longitudinal::new(
        &visits(&table, treatment.clone(), treatment)?,
        "placebo",
    )?)
}

/// Pain in osteoarthritis: visits at time 0 too.
pub fn osteoarthritis() -> Fallible<Longitudinal> {
    let table = parse("osteopain.csv", OSTEOARTHRITIS)?;
    let visits = visits(&table, words(&table, "arm")?, words(&table, "treatname")?)?;
    Ok(Longitudinal::new(&visits, "Placebo_0")?)
}

fn visits(table: &Table, arm: Vec<String>, treatment: Vec<String>) -> Fallible<Vec<TimeVisit>> {
    let number = |name: &str| numbers(table, name);
    let (time, mean, se) = (number("time")?, number("y")?, number("se")?);
    let names = words(table, "studyID")?.into_iter().zip(arm).zip(treatment);
    let one = |(i, ((study, arm), treatment))| TimeVisit {
        study,
        arm,
        treatment,
        time: time[i],
        mean: mean[i],
        se: se[i],
        n: None,
        dose: None,
    };
    Ok(names.enumerate().map(one).collect())
}

/// Digitised curves of two arms with their numbers at risk: radiotherapy alone, then with the drug.
pub fn radiation() -> Fallible<[(Vec<Point>, Vec<AtRisk>); 2]> {
    let risk = parse("radiation_at_risk.csv", AT_RISK)?;
    let months = numbers(&risk, "time")?;
    let arm = |name: &str, bytes: &[u8], column: &str| -> Fallible<(Vec<Point>, Vec<AtRisk>)> {
        let table = parse(name, bytes)?;
        let percent = numbers(&table, "survival_percent")?;
        let points = numbers(&table, "time")?.into_iter().zip(percent);
        let left = months.iter().zip(numbers(&risk, column)?);
        Ok((
            points
                .map(|(time, percent)| Point {
                    time,
                    survival: percent / 100.0,
                })
                .collect(),
            left.map(|(&time, n)| AtRisk { time, n }).collect(),
        ))
    };
    Ok([
        arm("radiation_radio.csv", RADIO, "at_risk_radio")?,
        arm("radiation_radioplus.csv", RADIO_PLUS, "at_risk_radioplus")?,
    ])
}

/// Patients of one trial: active, control.
pub type Arms = [Vec<Patient>; 2];

/// Follow-up of each patient in five trials of aortic stenosis.
pub fn stenosis() -> Fallible<Vec<(String, Arms)>> {
    let table = parse("AorticStenosisTrials.csv", STENOSIS)?;
    let trial = words(&table, "trialID")?;
    let number = |name: &str| numbers(&table, name);
    let (time, event, arm) = (number("Time")?, number("Event")?, number("Arm")?);
    let mut trials: BTreeMap<String, Arms> = BTreeMap::new();
    for (i, trial) in trial.into_iter().enumerate() {
        let [active, control] = trials.entry(trial).or_default();
        let side = if arm[i] == 1.0 { active } else { control };
        side.push(Patient {
            time: time[i],
            event: event[i] == 1.0,
        });
    }
    Ok(trials.into_iter().collect())
}

/// Differences of restricted means at the horizons that both arms of each trial reach.
pub fn contrasts(trials: &[(String, Arms)], tau: &[f64]) -> Fallible<Vec<(String, Contrast)>> {
    let one = |(name, [active, control]): &(String, Arms)| -> Fallible<(String, Contrast)> {
        let (active, control) = (kaplan_meier(active)?, kaplan_meier(control)?);
        let end = active.last.min(control.last);
        let own: Vec<f64> = tau.iter().copied().filter(|&t| t <= end).collect();
        let found = difference(&rmst(&active, &own)?, &rmst(&control, &own)?);
        Ok((name.clone(), found.ok_or("horizons of two arms differ")?))
    };
    trials.iter().map(one).collect()
}

fn parse(name: &str, bytes: &[u8]) -> Fallible<Table> {
    Ok(Table::parse(name, bytes).map_err(|error| error.message.clone())?)
}

fn words(table: &Table, name: &str) -> Fallible<Vec<String>> {
    let column = table.column(name).map_err(|error| error.message.clone())?;
    let texts = column.texts().into_iter();
    Ok(texts.map(|text| text.unwrap_or_default().to_owned()).collect())
}

fn numbers(table: &Table, name: &str) -> Fallible<Vec<f64>> {
    let column = table.column(name).and_then(|column| column.numbers());
    let found = column.map_err(|error| error.message.clone())?;
    let whole: Option<Vec<f64>> = found.into_iter().collect();
    Ok(whole.ok_or_else(|| format!("{name} has gaps"))?)
}
