//! `onset survival rmst`.

use crate::arguments::usage;
use crate::output::{Output, Sheet};
use clap::Args;
use onset::data::{Diagnostic, Table};
use onset::models::survival::{
    AtHorizon, BothArms, Contrast, Patient, Standardised, Survival, SurvivalError, difference, kaplan_meier,
    pool_rmst, ratio, rmst, standardised,
};
use onset::plot::diagnosis::Panel;
use onset::plot::survival::{SurvivalArm, SurvivalCurves};
use onset::plot::{Heading, survival, survival_narrow, text};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Level of the bands.
const LEVEL: f64 = 0.95;

/// Arguments of `onset survival rmst`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// CSV table, one row a person
    file: PathBuf,
    /// Column of the time of the event or of the end of follow-up
    #[arg(long)]
    time: String,
    /// Column of the event: 1 it happened, 0 censored
    #[arg(long)]
    event: String,
    /// Column of the arm: 1 active, 0 control
    #[arg(long)]
    arm: String,
    /// Column of the trial
    #[arg(long)]
    trial: String,
    /// Horizons, as 12,24,36
    #[arg(long, value_delimiter = ',', required = true)]
    tau: Vec<f64>,
    /// Pool log ratios of restricted means instead of differences
    #[arg(long)]
    ratio: bool,
    /// Folder for the pooled survival curves as SVG, with the people still followed; their numbers are then in `survival`
    #[arg(long, value_name = "DIR")]
    figures: Option<PathBuf>,
}

#[derive(Serialize)]
struct Answer {
    measure: &'static str,
    trials: Vec<TrialRow>,
    pooled: Vec<PooledRow>,
    #[serde(skip_serializing_if = "Option::is_none")]
    survival: Option<Curves>,
    #[serde(skip_serializing_if = "Option::is_none")]
    figures: Option<Vec<String>>,
}

/// Survival of both arms over the trials.
#[derive(Serialize)]
struct Curves {
    k: usize,
    to: f64,
    steps: Vec<StepRow>,
}

#[derive(Serialize)]
struct StepRow {
    time: f64,
    trials: usize,
    control: [f64; 3],
    active: [f64; 3],
}

#[derive(Serialize)]
struct TrialRow {
    trial: String,
    tau: f64,
    estimate: f64,
    se: f64,
    p: f64,
}

#[derive(Serialize)]
struct PooledRow {
    model: &'static str,
    tau: f64,
    k: usize,
    estimate: f64,
    se: f64,
    tau2: f64,
}

/// Per trial and pooled.
///
/// # Errors
/// Columns that are missing or hold something else; a trial without one of its arms; no trial at a horizon.
pub fn run(arguments: &Arguments) -> Result<Output, Diagnostic> {
    let mut tau = arguments.tau.clone();
    tau.sort_by(f64::total_cmp);
    tau.dedup();
    if tau.iter().any(|t| !(t.is_finite() && *t > 0.0)) {
        return Err(usage("--tau holds times above 0"));
    }
    let mut warnings = Vec::new();
    let table = Table::read(&arguments.file)?;
    let people = people(&table, arguments, &mut warnings)?;
    let mut trials = Vec::new();
    for (name, arms) in &people {
        let refused = |error: SurvivalError| {
            Diagnostic::error("no_restricted_mean", error.to_string())
                .file(table.name())
                .study(name)
        };
        let contrast = contrast(arms, &tau, arguments.ratio).map_err(refused)?;
        for t in tau.iter().filter(|t| !contrast.tau.contains(t)) {
            let message = format!("Follow-up of an arm ends before {t}: no restricted mean there");
            warnings.push(Diagnostic::warning("follow_up_ends", message).study(name));
        }
        trials.push((name.clone(), contrast));
    }
    let pooled = pool_rmst(&trials, &tau)
        .map_err(|error| Diagnostic::error("no_pool", error.to_string()).file(table.name()))?;
    warnings.extend(
        pooled
            .warnings
            .iter()
            .map(|w| Diagnostic::warning("rmst_pool", w.as_str())),
    );
    let model = |model: &'static str, rows: &[AtHorizon]| -> Vec<PooledRow> {
        let row = |r: &AtHorizon| PooledRow {
            model,
            tau: r.tau,
            k: r.k,
            estimate: r.estimate,
            se: r.standard_error,
            tau2: r.heterogeneity,
        };
        rows.iter().map(row).collect()
    };
    let mut rows = model("dl", &pooled.dl);
    rows.extend(model("reml", &pooled.reml));
    rows.extend(model("multivariate_common", &pooled.multivariate_common));
    rows.extend(model("multivariate_reml", &pooled.multivariate_random));
    let each = trials.iter().flat_map(|(name, c)| {
        c.tau
            .iter()
            .zip(&c.estimate)
            .enumerate()
            .filter_map(move |(i, (&tau, &estimate))| {
                Some(TrialRow {
                    trial: name.clone(),
                    tau,
                    estimate,
                    se: c.standard_error(i)?,
                    p: c.p(i)?,
                })
            })
    });
    let measure = if arguments.ratio {
        "log_ratio"
    } else {
        "difference"
    };
    let mut answer = Answer {
        measure,
        trials: each.collect(),
        pooled: rows,
        survival: None,
        figures: None,
    };
    if let Some(dir) = &arguments.figures {
        let curves = standardised(&people.values().cloned().collect::<Vec<_>>(), LEVEL)
            .map_err(|error| Diagnostic::error("no_curve", error.to_string()).file(table.name()))?;
        answer.figures = Some(crate::figures::write(
            dir,
            &[panel(&curves, &people, arguments, &tau)],
        )?);
        answer.survival = Some(numbers(&curves));
    }
    let mut each = Sheet::new("Per trial", &["trial", "tau", "estimate", "se", "p"]);
    for r in &answer.trials {
        each.push(vec![
            r.trial.clone().into(),
            r.tau.into(),
            r.estimate.into(),
            r.se.into(),
            r.p.into(),
        ]);
    }
    let mut all = Sheet::new("Pooled", &["model", "tau", "k", "estimate", "se", "tau2"]);
    for r in &answer.pooled {
        let cells = vec![
            r.model.into(),
            r.tau.into(),
            r.k.into(),
            r.estimate.into(),
            r.se.into(),
            r.tau2.into(),
        ];
        all.push(cells);
    }
    Output::new(&answer, vec![each, all], warnings)
}

fn numbers(curves: &Standardised) -> Curves {
    let triple = |s: &Survival| [s.value, s.lower, s.upper];
    Curves {
        k: curves.k,
        to: curves.to,
        steps: curves
            .steps
            .iter()
            .map(|step| StepRow {
                time: step.time,
                trials: step.trials,
                control: triple(&step.control),
                active: triple(&step.active),
            })
            .collect(),
    }
}

/// The curves of both arms.
fn panel(
    curves: &Standardised,
    people: &BTreeMap<String, [Vec<Patient>; 2]>,
    arguments: &Arguments,
    tau: &[f64],
) -> Panel {
    let arm = |label: &str, side: usize, of: fn(&BothArms) -> Survival| SurvivalArm {
        label: label.to_owned(),
        steps: curves
            .steps
            .iter()
            .map(|step| {
                let s = of(step);
                (step.time, [s.value, s.lower, s.upper])
            })
            .collect(),
        followed: people
            .values()
            .filter_map(|arms| arms.get(side))
            .flat_map(|arm| arm.iter().map(|p| p.time))
            .collect(),
    };
    let name = "survival".to_owned();
    let trials = text::trials(curves.k);
    let end = if curves.k > 1 {
        "They end where fewer than two trials are followed in both arms."
    } else {
        "They end where one arm's follow-up does."
    };
    let input = SurvivalCurves {
        heading: Heading {
            id: name.clone(),
            title: "Survival in both arms".to_owned(),
            subtitle: format!("{trials}, each with the same weight in both arms"),
            desc: String::new(),
            source: String::new(),
        },
        time: arguments.time.clone(),
        share: format!("Without the event, {} band", text::level(LEVEL)),
        level: LEVEL,
        arms: vec![
            arm("Control", 0, |step| step.control),
            arm("Active", 1, |step| step.active),
        ],
        to: curves.to,
        horizons: tau.to_vec(),
        note: format!(
            "Dotted: horizons of the restricted means. The bands hold no variance between trials. {end}"
        ),
    };
    let (wide, mut narrow) = (survival(&input), survival_narrow(&input));
    narrow.id = format!("{}-narrow", wide.id);
    Panel { name, wide, narrow }
}

fn contrast(arms: &[Vec<Patient>; 2], tau: &[f64], as_ratio: bool) -> Result<Contrast, SurvivalError> {
    let [control, active] = arms;
    let (active, control) = (kaplan_meier(active)?, kaplan_meier(control)?);
    let end = active.defined_to().min(control.defined_to());
    let own: Vec<f64> = tau.iter().copied().filter(|&t| t <= end).collect();
    let (active, control) = (rmst(&active, &own)?, rmst(&control, &own)?);
    let contrast = if as_ratio {
        ratio(&active, &control)
    } else {
        difference(&active, &control)
    };
    let contrast = contrast.ok_or(SurvivalError::Empty {
        what: "common horizon",
    })?;
    let flat = (0..own.len()).any(|i| !contrast.standard_error(i).is_some_and(|se| se > 0.0));
    if flat {
        Err(SurvivalError::NoEvents)
    } else {
        Ok(contrast)
    }
}

/// People by trial: control, then active.
fn people(
    table: &Table,
    a: &Arguments,
    warnings: &mut Vec<Diagnostic>,
) -> Result<BTreeMap<String, [Vec<Patient>; 2]>, Diagnostic> {
    let (times, events) = (
        table.column(&a.time)?.numbers()?,
        table.column(&a.event)?.numbers()?,
    );
    let (arms, trials) = (table.column(&a.arm)?.numbers()?, table.column(&a.trial)?.texts());
    let mut people: BTreeMap<String, [Vec<Patient>; 2]> = BTreeMap::new();
    let rows = times.into_iter().zip(events).zip(arms).zip(trials);
    for (i, (((time, event), arm), trial)) in rows.enumerate() {
        let (Some(time), Some(event), Some(arm), Some(trial)) = (time, event, arm, trial) else {
            let message = format!("Row {} has an empty cell and was left out", i + 1);
            warnings.push(
                Diagnostic::warning("missing_value", message)
                    .file(table.name())
                    .line(table.line(i)),
            );
            continue;
        };
        let wrong = |column: &str, found: f64, allowed: &str| {
            Diagnostic::error("out_of_range", format!("{column} is {found}"))
                .file(table.name())
                .line(table.line(i))
                .study(trial)
                .column(column)
                .found(found.to_string())
                .allowed(allowed)
        };
        if time < 0.0 {
            return Err(wrong(&a.time, time, "0 or more"));
        }
        if event != 0.0 && event != 1.0 {
            return Err(wrong(&a.event, event, "1 for an event, 0 for censored"));
        }
        if arm != 0.0 && arm != 1.0 {
            return Err(wrong(&a.arm, arm, "1 for active, 0 for control"));
        }
        let [control, active] = people.entry(trial.to_owned()).or_default();
        let side = if arm == 1.0 { active } else { control };
        side.push(Patient {
            time,
            event: event == 1.0,
        });
    }
    Ok(people)
}
