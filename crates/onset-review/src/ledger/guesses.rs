//! Guesses as printed, arm by arm, and the difference in belief they make.

use super::{ArmGuess, BeliefRow, PooledBelief};
use crate::answers::Interval;
use crate::fit;
use crate::index::Index;
use crate::protocol::Role;
use onset_data::RowId;
use onset_data::evidence::{BlindingGuess, Evidence};
use onset_effects::Effects;
use onset_models::blinding::{ArmGuesses, bang, belief_difference, james};
use std::collections::BTreeMap;

/// Arms and the differences between them.
pub(super) struct Guesses {
    pub arms: Vec<ArmGuess>,
    pub belief: Vec<BeliefRow>,
}

/// One arm with counts, or with a share of wrong guesses.
struct Read<'a> {
    guess: &'a BlindingGuess,
    counts: Option<ArmGuesses>,
    index: f64,
    se: Option<f64>,
}

pub(super) fn read(index: &Index<'_>, evidence: &Evidence) -> Guesses {
    let mut by_trial: BTreeMap<(&str, &str), Vec<Read<'_>>> = BTreeMap::new();
    for guess in &evidence.blinding {
        let rater = guess.rater.as_deref().unwrap_or("participant");
        if let (Some(_), Some(read)) = (&guess.arm_id, one(guess, evidence)) {
            by_trial.entry((&guess.study_id, rater)).or_default().push(read);
        }
    }
    let mut found = Guesses {
        arms: Vec::new(),
        belief: Vec::new(),
    };
    for ((study, rater), arms) in by_trial {
        let label = evidence.study(study).map_or(study, |s| s.label.as_str());
        let treated: Vec<bool> = arms
            .iter()
            .map(|read| is_treatment(index, evidence, read.guess))
            .collect();
        for (read, treated) in arms.iter().zip(&treated) {
            found.arms.push(arm(read, label, rater, *treated));
        }
        if let ([a, b], [first, second]) = (arms.as_slice(), treated.as_slice())
            && first != second
        {
            let (active, control) = if *first { (a, b) } else { (b, a) };
            found
                .belief
                .push(difference(study, label, rater, active, control));
        }
    }
    found
}

/// Counts before percentages; nothing where neither is printed.
fn one<'a>(guess: &'a BlindingGuess, evidence: &Evidence) -> Option<Read<'a>> {
    if let (Some(active), Some(control)) = (guess.guessed_active, guess.guessed_control) {
        let counts = ArmGuesses {
            active: active as f64,
            control: control as f64,
            dont_know: guess.dont_know.unwrap_or(0) as f64,
        };
        // index and standard error of the arm are the same whichever side counts as right
        let right = bang(&counts, true).ok()?;
        return Some(Read {
            guess,
            counts: Some(counts),
            index: right.estimate,
            se: Some(right.standard_error),
        });
    }
    let wrong = guess.percent_incorrect? / 100.0;
    let arm = guess.arm_id.as_deref()?;
    let people = guess.n.or_else(|| {
        evidence
            .arm(&guess.study_id, arm)
            .and_then(|arm| arm.n_randomised)
    });
    let se = people.map(|n| 2.0 * (wrong * (1.0 - wrong) / n as f64).sqrt());
    Some(Read {
        guess,
        counts: None,
        index: 1.0 - 2.0 * wrong,
        se,
    })
}

/// Nodes that a comparison names as its treatment; the role decides where that says nothing.
fn is_treatment(index: &Index<'_>, evidence: &Evidence, guess: &BlindingGuess) -> bool {
    let arm = guess
        .arm_id
        .as_deref()
        .and_then(|arm| evidence.arm(&guess.study_id, arm));
    let Some(node) = arm.map(|arm| arm.treatment.as_str()) else {
        return false;
    };
    let named = |side: fn(&crate::protocol::Comparison) -> &Vec<String>| {
        index
            .protocol
            .comparison
            .iter()
            .any(|comparison| side(comparison).iter().any(|id| id == node))
    };
    let (treatment, control) = (named(|c| &c.treatment), named(|c| &c.control));
    if treatment == control && treatment {
        return index
            .treatments
            .get(node)
            .is_some_and(|node| node.role == Role::Treatment);
    }
    treatment
}

fn arm(read: &Read<'_>, label: &str, rater: &str, treated: bool) -> ArmGuess {
    let guess = read.guess;
    // in the control arm the right guess is the control
    let turned = read.counts.is_some() && !treated;
    ArmGuess {
        study: guess.study_id.clone(),
        label: label.to_owned(),
        arm: guess.arm_id.clone().unwrap_or_default(),
        side: if treated { "treatment" } else { "control" }.to_owned(),
        rater: rater.to_owned(),
        n: read.counts.map(|c| c.n() as u64).or(guess.n),
        guessed_active: guess.guessed_active,
        guessed_control: guess.guessed_control,
        dont_know: guess.dont_know,
        bang: if turned { -read.index } else { read.index },
        bang_se: read.se,
        basis: match read.counts {
            Some(_) => "counts",
            None => "percent wrong, taking nobody as undecided",
        }
        .to_owned(),
        rows: vec![guess.row.clone()],
    }
}

fn difference(study: &str, label: &str, rater: &str, active: &Read<'_>, control: &Read<'_>) -> BeliefRow {
    let rows: Vec<RowId> = vec![active.guess.row.clone(), control.guess.row.clone()];
    let mut row = BeliefRow {
        study: study.to_owned(),
        label: label.to_owned(),
        rater: rater.to_owned(),
        difference: 0.0,
        se: None,
        james: None,
        james_se: None,
        rows,
    };
    if let (Some(a), Some(c)) = (&active.counts, &control.counts) {
        if let Ok(found) = belief_difference(a, c) {
            row.difference = found.estimate;
            row.se = Some(found.standard_error);
        }
        if let Ok(found) = james(a, c) {
            row.james = Some(found.estimate);
            row.james_se = Some(found.standard_error);
        }
        return row;
    }
    // a counted control arm's index is on the side of the active guess: turn it
    let right = |read: &Read<'_>, treated: bool| {
        if read.counts.is_some() && !treated {
            -read.index
        } else {
            read.index
        }
    };
    row.difference = (right(active, true) + right(control, false)) / 2.0;
    row.se = match (active.se, control.se) {
        (Some(a), Some(c)) => Some((a * a + c * c).sqrt() / 2.0),
        _ => None,
    };
    row
}

/// Random effects over the participants' differences in belief.
pub(super) fn pooled(index: &Index<'_>, belief: &[BeliefRow]) -> Option<PooledBelief> {
    let with: Vec<(&BeliefRow, f64)> = belief
        .iter()
        .filter(|row| row.rater.contains("participant"))
        .filter_map(|row| Some((row, row.se.filter(|se| *se > 0.0)?)))
        .collect();
    if with.len() < 2 {
        return None;
    }
    let effects = Effects::new(
        with.iter().map(|(row, _)| row.difference).collect(),
        with.iter().map(|(_, se)| se * se).collect(),
        with.iter().map(|(row, _)| row.label.clone()).collect(),
    )
    .ok()?;
    let fitted = fit::fit(&effects, &index.protocol.model).ok()?.value;
    Some(PooledBelief {
        k: with.len(),
        estimate: Interval {
            value: fitted.mean.value,
            lower: fitted.mean.lower,
            upper: fitted.mean.upper,
        },
        model: fitted.model,
        rows: with.iter().flat_map(|(row, _)| row.rows.clone()).collect(),
    })
}
