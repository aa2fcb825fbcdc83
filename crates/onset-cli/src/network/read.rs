//! Rows of a table as a network.

use super::{Arguments, ArmArgs, ContrastArgs};
use crate::arguments::usage;
use onset::data::{Diagnostic, Table};
use onset::effects::{AddTo, Input, Inputs, Measure, Options, compute};
use onset::models::network::{Contrast, CountArm, Network, NetworkError};
use std::collections::{BTreeMap, BTreeSet};

/// Added to the cells of a study with an empty one.
const ADDITION: f64 = 0.5;

/// A table as a network.
pub struct Read {
    pub network: Network,
    /// Of every study, for each column named.
    pub covariates: Vec<BTreeMap<String, f64>>,
    /// People by treatment; empty where contrasts were given.
    pub people: BTreeMap<String, f64>,
    pub measure: Measure,
    pub warnings: Vec<Diagnostic>,
}

/// Reads arms or contrasts.
///
/// # Errors
/// `usage` when neither set of columns is whole; what is wrong with a row.
pub fn network(arguments: &Arguments) -> Result<Read, Diagnostic> {
    let (contrasts, by_arm) = (&arguments.contrasts, arguments.arms.study.is_some());
    let columns = [
        &contrasts.studlab,
        &contrasts.treat1,
        &contrasts.treat2,
        &contrasts.te,
        &contrasts.sete,
    ];
    if by_arm == columns.iter().any(|column| column.is_some()) {
        return Err(usage("give the columns of arms or of contrasts").hint(
            "--study --treat --events --n, or --study --treat --mean --sd --n, or --studlab --treat1 --treat2 --te --sete",
        ));
    }
    let table = Table::read(&arguments.file)?;
    let mut warnings = Vec::new();
    let mut given_to = Vec::new();
    let mut rows = if by_arm {
        arms(&table, &arguments.arms, &mut warnings, &mut given_to)?
    } else {
        given(&table, contrasts, &mut warnings)?
    };
    let study = if by_arm {
        &arguments.arms.study
    } else {
        &contrasts.studlab
    };
    let mut covariates = Vec::new();
    for name in &arguments.models.covariate {
        let values = covariate(&table, header("--study", study)?, name)?;
        rows.retain(|row| {
            values.contains_key(&row.study) || {
                let message = format!("Study '{}' has no value of '{name}' and is left out", row.study);
                let warning = Diagnostic::warning("missing_value", message).study(row.study.as_str());
                if !warnings.contains(&warning) {
                    warnings.push(warning);
                }
                false
            }
        });
        covariates.push(values);
    }
    let built = if by_arm {
        Network::from_arms(&rows)
    } else {
        Network::new(&rows)
    };
    let network = built.map_err(|error| {
        let refused = Diagnostic::error("network", error.to_string()).file(table.name());
        match line(&table, contrasts, &error) {
            Some(line) => refused.line(line),
            None => refused,
        }
    })?;
    warnings.extend(network.warnings);
    let kept: BTreeSet<&str> = network.value.study_labels().collect();
    let mut people = BTreeMap::new();
    for (study, treatment, n) in given_to {
        if kept.contains(study.as_str()) {
            *people.entry(treatment).or_default() += n;
        }
    }
    Ok(Read {
        network: network.value,
        covariates,
        people,
        measure: match (arguments.arms.measure, by_arm) {
            (Some(measure), _) => measure,
            (None, true) => default_measure(arguments.arms.events.is_some())?,
            (None, false) => Measure::Generic,
        },
        warnings,
    })
}

/// Line of the contrast that an error is about, else of its study.
fn line(table: &Table, columns: &ContrastArgs, error: &NetworkError) -> Option<u64> {
    let (study, pair) = error.place()?;
    let column = |name: &Option<String>| table.column(name.as_deref()?).ok().map(|c| c.texts());
    let studies = column(&columns.studlab)?;
    let (first, second) = (column(&columns.treat1)?, column(&columns.treat2)?);
    let of_study = |i: &usize| studies[*i] == Some(study);
    let of_pair = |i: &usize| {
        let row = [first[*i], second[*i]];
        row == pair.map(Some) || row == [Some(pair[1]), Some(pair[0])]
    };
    let rows = || (0..studies.len()).filter(of_study);
    let row = rows().rfind(of_pair).or_else(|| rows().next())?;
    Some(table.line(row))
}

/// One value a study; rows of a study must agree.
fn covariate(table: &Table, study: &str, column: &str) -> Result<BTreeMap<String, f64>, Diagnostic> {
    let study = table.column(study)?.texts();
    let values = table.column(column)?.numbers()?;
    let mut map: BTreeMap<String, f64> = BTreeMap::new();
    for (i, (study, value)) in study.iter().zip(&values).enumerate() {
        let (Some(study), Some(value)) = (study, value) else {
            continue;
        };
        let known = map.insert((*study).to_owned(), *value);
        if let Some(known) = known.filter(|known| known != value) {
            return Err(Diagnostic::error(
                "covariate_varies",
                format!("Study '{study}' has two values of the covariate: {known} and {value}"),
            )
            .file(table.name())
            .line(table.line(i))
            .study(*study)
            .column(column)
            .hint("a covariate of the studies has one value a study, on all its rows"));
        }
    }
    Ok(map)
}

/// Arms with events for Mantel-Haenszel.
///
/// # Errors
/// `usage` unless arms with events are given and the measure is the odds ratio; what is wrong with a row.
pub fn count_arms(arguments: &Arguments) -> Result<(Vec<CountArm>, Vec<Diagnostic>), Diagnostic> {
    let columns = &arguments.arms;
    let Some(events) = &columns.events else {
        return Err(usage("--method MH needs arms with events")
            .hint("--study --treat --events --n; contrasts have no counts left in them"));
    };
    if let Some(measure) = columns.measure.filter(|m| m.code() != "OR") {
        return Err(usage("--method MH pools odds ratios")
            .found(measure.code())
            .allowed("--measure OR"));
    }
    let table = Table::read(&arguments.file)?;
    let study = table.column(header("--study", &columns.study)?)?.texts();
    let treatment = table.column(header("--treat", &columns.treat)?)?.texts();
    let events = table.column(events)?.numbers()?;
    let n = table.column(header("--n", &columns.n)?)?.numbers()?;
    let mut warnings = Vec::new();
    let mut rows = Vec::with_capacity(n.len());
    let mut seen = BTreeSet::new();
    for i in 0..n.len() {
        let (Some(s), Some(t), Some(events), Some(n)) = (study[i], treatment[i], events[i], n[i]) else {
            warnings.push(missing(&table, i, study[i]));
            continue;
        };
        if !seen.insert((s, t)) {
            return Err(
                Diagnostic::error("repeated_arm", format!("Study '{s}' has the arm '{t}' twice"))
                    .file(table.name())
                    .line(table.line(i))
                    .study(s)
                    .hint("combine the two arms into one row, or give them two names"),
            );
        }
        if !(n > 0.0 && events >= 0.0 && events <= n) {
            return Err(Diagnostic::error(
                "bad_arm",
                format!("Study '{s}', arm '{t}': {events} events among {n} people"),
            )
            .file(table.name())
            .line(table.line(i))
            .study(s)
            .hint("are the columns of events and of sizes swapped?"));
        }
        rows.push(CountArm {
            study: s.to_owned(),
            treatment: t.to_owned(),
            events,
            n,
        });
    }
    Ok((rows, warnings))
}

fn header<'a>(flag: &str, value: &'a Option<String>) -> Result<&'a str, Diagnostic> {
    value
        .as_deref()
        .ok_or_else(|| usage(format!("{flag} is missing")))
}

fn missing(table: &Table, row: usize, study: Option<&str>) -> Diagnostic {
    let warning = Diagnostic::warning(
        "missing_value",
        format!("Row {} has an empty cell and is left out", row + 1),
    )
    .line(table.line(row));
    match study {
        Some(study) => warning.study(study),
        None => warning,
    }
}

fn given(
    table: &Table,
    columns: &ContrastArgs,
    warnings: &mut Vec<Diagnostic>,
) -> Result<Vec<Contrast>, Diagnostic> {
    let study = table.column(header("--studlab", &columns.studlab)?)?.texts();
    let first = table.column(header("--treat1", &columns.treat1)?)?.texts();
    let second = table.column(header("--treat2", &columns.treat2)?)?.texts();
    let y = table.column(header("--te", &columns.te)?)?.numbers()?;
    let errors = header("--sete", &columns.sete)?;
    let se = table.column(errors)?.numbers()?;
    let mut rows = Vec::with_capacity(y.len());
    for i in 0..y.len() {
        let (Some(s), Some(a), Some(b), Some(y), Some(se)) = (study[i], first[i], second[i], y[i], se[i])
        else {
            warnings.push(missing(table, i, study[i]));
            continue;
        };
        if se <= 0.0 {
            return Err(
                Diagnostic::error("bad_standard_error", "A standard error must be above 0")
                    .file(table.name())
                    .line(table.line(i))
                    .study(s)
                    .column(errors)
                    .found(se.to_string()),
            );
        }
        rows.push(Contrast {
            study: s.to_owned(),
            treat1: a.to_owned(),
            treat2: b.to_owned(),
            y,
            se,
        });
    }
    Ok(rows)
}

/// One arm: its row and its numbers (events or mean, sd, n).
struct Arm<'a> {
    row: usize,
    treatment: &'a str,
    value: f64,
    sd: f64,
    n: f64,
}

fn arms(
    table: &Table,
    columns: &ArmArgs,
    warnings: &mut Vec<Diagnostic>,
    people: &mut Vec<(String, String, f64)>,
) -> Result<Vec<Contrast>, Diagnostic> {
    let study = table.column(header("--study", &columns.study)?)?.texts();
    let treatment = table.column(header("--treat", &columns.treat)?)?.texts();
    let n = table.column(header("--n", &columns.n)?)?.numbers()?;
    let counts = columns.events.is_some();
    let value = match (&columns.events, &columns.mean) {
        (Some(name), _) | (None, Some(name)) => table.column(name)?.numbers()?,
        (None, None) => return Err(usage("give --events, or --mean and --sd")),
    };
    let sd = match &columns.sd {
        Some(name) => table.column(name)?.numbers()?,
        None => vec![Some(0.0); n.len()],
    };
    let measure = match columns.measure {
        Some(measure) => measure,
        None => default_measure(counts)?,
    };
    let mut order: Vec<&str> = Vec::new();
    let mut studies: BTreeMap<&str, Vec<Arm<'_>>> = BTreeMap::new();
    for i in 0..n.len() {
        let (Some(s), Some(treatment), Some(value), Some(sd), Some(n)) =
            (study[i], treatment[i], value[i], sd[i], n[i])
        else {
            warnings.push(missing(table, i, study[i]));
            continue;
        };
        let arms = studies.entry(s).or_insert_with(|| {
            order.push(s);
            Vec::new()
        });
        if arms.iter().any(|arm: &Arm<'_>| arm.treatment == treatment) {
            return Err(Diagnostic::error(
                "repeated_arm",
                format!("Study '{s}' has the arm '{treatment}' twice"),
            )
            .file(table.name())
            .line(table.line(i))
            .study(s)
            .hint("combine the two arms into one row, or give them two names"));
        }
        arms.push(Arm {
            row: i,
            treatment,
            value,
            sd,
            n,
        });
    }
    let mut rows = Vec::new();
    for s in order {
        let arms = studies.remove(s).unwrap_or_default();
        if arms.len() < 2 {
            let message = format!("Study '{s}' has one arm only and is left out");
            warnings.push(Diagnostic::warning("single_arm", message).study(s));
            continue;
        }
        if counts && ratio(measure) {
            let nobody = arms.iter().all(|arm| arm.value == 0.0) || arms.iter().all(|arm| arm.value == arm.n);
            if nobody {
                let message = format!(
                    "Study '{s}' has no events, or nothing but events, in any arm: it says nothing on a ratio and is left out"
                );
                warnings.push(Diagnostic::warning("no_information", message).study(s));
                continue;
            }
        }
        rows.extend(pairs(table, s, &arms, counts, measure)?);
        for arm in &arms {
            people.push((s.to_owned(), arm.treatment.to_owned(), arm.n));
        }
    }
    Ok(rows)
}

fn default_measure(counts: bool) -> Result<Measure, Diagnostic> {
    let code = if counts { "OR" } else { "MD" };
    Measure::from_code(code).ok_or_else(|| usage("--measure is missing"))
}

fn ratio(measure: Measure) -> bool {
    matches!(measure.code(), "OR" | "RR")
}

/// All contrasts of a study's arms; an empty cell anywhere adds to all arms alike, so that they add up.
fn pairs(
    table: &Table,
    study: &str,
    arms: &[Arm<'_>],
    counts: bool,
    measure: Measure,
) -> Result<Vec<Contrast>, Diagnostic> {
    let empty = arms.iter().any(|arm| arm.value == 0.0 || arm.value == arm.n);
    let add = if counts && empty && measure.default_addition() > 0.0 {
        ADDITION
    } else {
        0.0
    };
    let mut list = Vec::new();
    for i in 0..arms.len() {
        for j in i + 1..arms.len() {
            list.push((i, j));
        }
    }
    let column =
        |f: &dyn Fn(&(usize, usize)) -> f64| list.iter().map(|pair| Some(f(pair))).collect::<Vec<_>>();
    let inputs = if counts {
        Inputs::new()
            .with(Input::Ai, column(&|p| arms[p.0].value))
            .with(Input::N1i, column(&|p| arms[p.0].n))
            .with(Input::Ci, column(&|p| arms[p.1].value))
            .with(Input::N2i, column(&|p| arms[p.1].n))
    } else {
        Inputs::new()
            .with(Input::M1i, column(&|p| arms[p.0].value))
            .with(Input::Sd1i, column(&|p| arms[p.0].sd))
            .with(Input::N1i, column(&|p| arms[p.0].n))
            .with(Input::M2i, column(&|p| arms[p.1].value))
            .with(Input::Sd2i, column(&|p| arms[p.1].sd))
            .with(Input::N2i, column(&|p| arms[p.1].n))
    };
    let options = Options {
        add: Some(add),
        to: if add > 0.0 { AddTo::All } else { AddTo::None },
        ..Options::default()
    };
    let effects = compute(measure, &inputs, &options).map_err(|error| usage(error.to_string()))?;
    let mut rows = Vec::with_capacity(list.len());
    for (&(i, j), effect) in list.iter().zip(effects) {
        let wrong = |message: String| {
            Diagnostic::error("bad_arm", message)
                .file(table.name())
                .line(table.line(arms[i].row))
                .study(study)
                .hint("look at the numbers of these two arms")
        };
        let (a, b) = (arms[i].treatment, arms[j].treatment);
        let effect = match effect {
            Some(Ok(effect)) => effect,
            Some(Err(error)) => return Err(wrong(format!("{a} v {b}: {error}"))),
            None => return Err(wrong(format!("{a} v {b}: no effect can be computed"))),
        };
        rows.push(Contrast {
            study: study.to_owned(),
            treat1: a.to_owned(),
            treat2: b.to_owned(),
            y: effect.y,
            se: effect.v.sqrt(),
        });
    }
    Ok(rows)
}
