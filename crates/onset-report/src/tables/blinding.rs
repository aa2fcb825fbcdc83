//! Tables of the blinding ledger.

use super::Table;
use onset_review::ledger::Ledger;

/// Guesses and belief; the adjusted result where there is one.
pub(super) fn tables(ledger: &Ledger) -> Vec<Table> {
    let mut list = vec![guesses(ledger)];
    if ledger.adjusted.is_some() {
        list.push(adjusted(ledger));
    }
    list
}

fn guesses(ledger: &Ledger) -> Table {
    let header = [
        "study",
        "arm",
        "side",
        "rater",
        "n",
        "guessed_active",
        "guessed_control",
        "dont_know",
        "bang",
        "bang_se",
        "basis",
        "rows",
    ];
    let mut table = Table::new("blinding-guesses", &header);
    for guess in &ledger.guesses {
        table.rows.push(vec![
            (&guess.study).into(),
            (&guess.arm).into(),
            (&guess.side).into(),
            (&guess.rater).into(),
            guess.n.into(),
            guess.guessed_active.into(),
            guess.guessed_control.into(),
            guess.dont_know.into(),
            guess.bang.into(),
            guess.bang_se.into(),
            (&guess.basis).into(),
            guess.rows.as_slice().into(),
        ]);
    }
    table
}

/// One line a point: the line by effect of belief, tipping points, published sizes.
fn adjusted(ledger: &Ledger) -> Table {
    let header = [
        "kind",
        "name",
        "effect_of_belief",
        "sd",
        "estimate",
        "lower",
        "upper",
        "beyond_important",
        "source",
    ];
    let mut table = Table::new("blinding-adjusted", &header);
    let Some(adjusted) = &ledger.adjusted else {
        return table;
    };
    for point in &adjusted.line {
        table.rows.push(vec![
            "line".into(),
            "".into(),
            point.effect_of_belief.into(),
            0.0.into(),
            point.estimate.value.into(),
            point.estimate.lower.into(),
            point.estimate.upper.into(),
            None::<f64>.into(),
            "".into(),
        ]);
    }
    for tip in &adjusted.tipping {
        table.rows.push(vec![
            "tipping point".into(),
            (&tip.target).into(),
            tip.effect_of_belief.into(),
            None::<f64>.into(),
            tip.value.into(),
            None::<f64>.into(),
            None::<f64>.into(),
            None::<f64>.into(),
            "".into(),
        ]);
    }
    for prior in &adjusted.priors {
        table.rows.push(vec![
            "published size".into(),
            (&prior.label).into(),
            prior.prior_mean.into(),
            prior.prior_sd.into(),
            prior.estimate.value.into(),
            prior.estimate.lower.into(),
            prior.estimate.upper.into(),
            prior.beyond_important.into(),
            (&prior.source).into(),
        ]);
    }
    table
}
