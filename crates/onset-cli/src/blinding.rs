//! `onset blinding`: blinding indices and the effect at other rates of correct guesses.

use crate::arguments::usage;
use crate::failure::Failure;
use crate::output::{Output, Sheet};
use clap::Args;
use onset::data::{Diagnostic, Table};
use onset::models::blinding::{
    ArmGuesses, BlindingError, CgrCurve, Stratum, bang, belief_difference, correct_guess_rate_curve, james,
};
use serde::Serialize;
use std::path::PathBuf;

/// Arguments of `onset blinding`.
#[derive(Debug, Args)]
pub struct Arguments {
    /// CSV table, one row a person (or a group of --n): --arm, --guess and, for the curve, --outcome
    file: Option<PathBuf>,
    /// Counts instead of a file: active arm; control arm, each guessed active, guessed control, don't know
    #[arg(long, conflicts_with = "file")]
    counts: Option<String>,
    /// Column of the arm a person was in
    #[arg(long)]
    arm: Option<String>,
    /// Column of the guess: the same two words as the arms; any other word is "don't know"
    #[arg(long)]
    guess: Option<String>,
    /// Column of the outcome, for the curve
    #[arg(long)]
    outcome: Option<String>,
    /// Column of the number of people a row stands for, with their mean as outcome [default: 1 each]
    #[arg(long)]
    n: Option<String>,
    /// The active arm as written in the table [default: the first arm in byte order]
    #[arg(long)]
    active: Option<String>,
}

#[derive(Serialize)]
struct Answer {
    james: Option<Number>,
    bang: Vec<ArmIndex>,
    b: Number,
    #[serde(skip_serializing_if = "Option::is_none")]
    curve: Option<Vec<Point>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    observed: Option<Point>,
}

#[derive(Serialize)]
struct Number {
    estimate: f64,
    se: f64,
}

#[derive(Serialize)]
struct ArmIndex {
    arm: String,
    estimate: f64,
    se: f64,
}

#[derive(Serialize)]
struct Point {
    correct_rate: f64,
    difference: f64,
}

/// Guesses of both arms, and the curve where outcomes are known.
struct Guesses {
    arms: [(String, ArmGuesses); 2],
    curve: Option<CgrCurve>,
    warnings: Vec<Diagnostic>,
}

/// Indices with standard errors.
///
/// # Errors
/// Neither a file nor counts; counts that are no counts; columns that do not hold two arms.
pub fn run(arguments: &Arguments) -> Result<Output, Failure> {
    let mut guesses = match (&arguments.counts, &arguments.file) {
        (Some(counts), _) => from_counts(counts)?,
        (None, Some(file)) => from_table(file, arguments)?,
        (None, None) => return Err(usage("give --counts, or FILE with --arm and --guess").into()),
    };
    let [(active_name, active), (control_name, control)] = &guesses.arms;
    let (t, c) = (
        bang(active, true).map_err(refused)?,
        bang(control, false).map_err(refused)?,
    );
    let b = belief_difference(active, control).map_err(refused)?;
    let james = match james(active, control) {
        Ok(index) => Some(Number {
            estimate: index.estimate,
            se: index.standard_error,
        }),
        Err(error) => {
            guesses
                .warnings
                .push(Diagnostic::warning("no_james_index", error.to_string()));
            None
        }
    };
    if guesses.curve.is_some() {
        let message =
            "A guess comes after treatment and may follow from improvement: read the curve as a bound";
        guesses
            .warnings
            .push(Diagnostic::note("reverse_causation", message));
    }
    let point = |correct_rate: f64, difference: f64| Point {
        correct_rate,
        difference,
    };
    let answer = Answer {
        bang: vec![
            ArmIndex {
                arm: active_name.clone(),
                estimate: t.estimate,
                se: t.standard_error,
            },
            ArmIndex {
                arm: control_name.clone(),
                estimate: c.estimate,
                se: c.standard_error,
            },
        ],
        b: Number {
            estimate: b.estimate,
            se: b.standard_error,
        },
        observed: guesses
            .curve
            .as_ref()
            .map(|curve| point(curve.observed_rate, curve.raw)),
        curve: guesses.curve.as_ref().map(|curve| {
            curve
                .points()
                .iter()
                .map(|p| point(p.correct_rate, p.difference))
                .collect()
        }),
        james,
    };
    let sheets = sheets(&answer);
    Ok(Output::new(&answer, sheets, guesses.warnings)?)
}

fn sheets(answer: &Answer) -> Vec<Sheet> {
    let mut indices = Sheet::new("Blinding indices", &["index", "estimate", "se"]);
    if let Some(james) = &answer.james {
        indices.push(vec!["James".into(), james.estimate.into(), james.se.into()]);
    }
    for arm in &answer.bang {
        indices.push(vec![
            format!("Bang, {}", arm.arm).into(),
            arm.estimate.into(),
            arm.se.into(),
        ]);
    }
    indices.push(vec![
        "belief difference B".into(),
        answer.b.estimate.into(),
        answer.b.se.into(),
    ]);
    let mut curve = Sheet::new(
        "Difference by rate of correct guesses",
        &["correct_rate", "difference"],
    );
    for point in answer.observed.iter().chain(answer.curve.iter().flatten()) {
        curve.push(vec![point.correct_rate.into(), point.difference.into()]);
    }
    if answer.curve.is_some() {
        vec![indices, curve]
    } else {
        vec![indices]
    }
}

fn refused(error: BlindingError) -> Diagnostic {
    Diagnostic::error("no_guesses", error.to_string())
}

fn from_counts(text: &str) -> Result<Guesses, Diagnostic> {
    let wrong = || {
        usage("--counts holds two arms of three whole numbers")
            .found(text)
            .allowed("guessed active, guessed control, don't know; the same of the control arm")
            .hint("as --counts \"82,25,170;27,29,83\"")
    };
    let arms: Vec<ArmGuesses> = text
        .split(';')
        .map(|arm| {
            let numbers: Option<Vec<u64>> = arm.split(',').map(|n| n.trim().parse().ok()).collect();
            match numbers.as_deref() {
                Some(&[active, control, dont_know]) => Ok(ArmGuesses {
                    active: active as f64,
                    control: control as f64,
                    dont_know: dont_know as f64,
                }),
                _ => Err(wrong()),
            }
        })
        .collect::<Result<_, _>>()?;
    match arms.as_slice() {
        &[active, control] => Ok(Guesses {
            arms: [("active".to_owned(), active), ("control".to_owned(), control)],
            curve: None,
            warnings: Vec::new(),
        }),
        _ => Err(wrong()),
    }
}

fn from_table(file: &std::path::Path, arguments: &Arguments) -> Result<Guesses, Diagnostic> {
    let (Some(arm), Some(guess)) = (&arguments.arm, &arguments.guess) else {
        return Err(usage("FILE needs --arm and --guess"));
    };
    let table = Table::read(file)?;
    let (arms, guessed) = (table.column(arm)?.texts(), table.column(guess)?.texts());
    let numbers = |name: &Option<String>| match name {
        Some(name) => table.column(name)?.numbers().map(Some),
        None => Ok(None),
    };
    let (outcome, sizes) = (numbers(&arguments.outcome)?, numbers(&arguments.n)?);
    let mut names: Vec<&str> = arms.iter().flatten().copied().collect();
    names.sort_unstable();
    names.dedup();
    let [first, second] = names.as_slice() else {
        return Err(
            Diagnostic::error("not_two_arms", "The arms of a blinding table are two")
                .column(arguments.arm.clone().unwrap_or_default())
                .found(names.join(", "))
                .allowed("two different words"),
        );
    };
    let active = arguments.active.as_deref().unwrap_or(first);
    if active != *first && active != *second {
        return Err(usage("--active is not an arm of the table")
            .found(active)
            .allowed(names.join(" or ")));
    }
    let control = if active == *first { *second } else { *first };
    let mut cells = [[Sum::default(); 3]; 2];
    let mut warnings = Vec::new();
    for i in 0..arms.len() {
        let size = sizes.as_ref().map_or(Some(1.0), |sizes| sizes[i]);
        let (Some(arm), Some(guess), Some(size)) = (arms[i], guessed[i], size) else {
            let message = format!("Row {} has no arm, no guess or no number of people", i + 1);
            warnings.push(Diagnostic::warning("missing_value", message).line(table.line(i)));
            continue;
        };
        if size < 0.0 {
            return Err(Diagnostic::error("negative_n", "A number of people is negative")
                .file(table.name())
                .line(table.line(i))
                .found(size.to_string())
                .allowed("0 or more"));
        }
        let side = usize::from(arm != active);
        let column = if guess == active {
            0
        } else if guess == control {
            1
        } else {
            2
        };
        cells[side][column].add(size, outcome.as_ref().and_then(|values| values[i]));
    }
    let arm_of = |side: usize| ArmGuesses {
        active: cells[side][0].n,
        control: cells[side][1].n,
        dont_know: cells[side][2].n,
    };
    let curve = if outcome.is_some() {
        let stratum = |side: usize, column: usize| cells[side][column].stratum();
        let strata = [stratum(0, 0), stratum(0, 1), stratum(1, 0), stratum(1, 1)];
        match correct_guess_rate_curve(strata, [stratum(0, 2), stratum(1, 2)]) {
            Ok(curve) => Some(curve),
            Err(error) => {
                warnings.push(Diagnostic::warning("no_curve", error.to_string()));
                None
            }
        }
    } else {
        None
    };
    Ok(Guesses {
        arms: [(active.to_owned(), arm_of(0)), (control.to_owned(), arm_of(1))],
        curve,
        warnings,
    })
}

/// People of one arm and guess, and the sum of their outcomes.
#[derive(Debug, Clone, Copy, Default)]
struct Sum {
    n: f64,
    known: f64,
    total: f64,
}

impl Sum {
    fn add(&mut self, size: f64, outcome: Option<f64>) {
        self.n += size;
        if let Some(outcome) = outcome {
            self.known += size;
            self.total += size * outcome;
        }
    }

    fn stratum(self) -> Stratum {
        Stratum {
            n: self.known,
            mean: if self.known > 0.0 {
                self.total / self.known
            } else {
                0.0
            },
        }
    }
}
