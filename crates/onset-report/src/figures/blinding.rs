//! The blinding plane of the headline result.

use super::{Figure, effect};
use crate::words;
use onset_plot::blinding::{BeliefMark, BlindingPlane};
use onset_plot::{Effect, Heading, Interval, blinding_plane, blinding_plane_narrow};
use onset_review::Answers;
use onset_review::ledger::Adjusted;

/// The figure; `None` where nothing is adjusted.
pub(super) fn figure(answers: &Answers) -> Option<Figure> {
    let ledger = answers.ledger.as_ref()?;
    let adjusted = ledger.adjusted.as_ref()?;
    let pool = words::pool_at(answers, &adjusted.pool)?;
    let title = title(adjusted);
    let observed = adjusted.trials.iter().filter(|trial| trial.observed).count();
    let input = BlindingPlane {
        heading: Heading {
            id: "blinding-plane".to_owned(),
            desc: format!("{title}. {}", ledger.caveat),
            title,
            subtitle: format!(
                "{}. Each line joins places with the same adjusted effect, named at the right. Belief was observed \
                 in {} of {}. Belief may follow improvement: read these as bounds.",
                words::subtitle(pool).trim_end_matches('.'),
                onset_plot::text::count(observed as u64),
                onset_plot::text::trials(adjusted.trials.len()),
            ),
            source: String::new(),
        },
        effect: Effect {
            label: "Adjusted effect".to_owned(),
            ..effect(pool)
        },
        axis: format!(
            "Effect of being sure of {} rather than of {}, {} of improvement",
            words::uncapital(&pool.treatment_label),
            words::uncapital(&pool.control_label),
            adjusted.unit
        ),
        curve: adjusted
            .line
            .iter()
            .map(|point| {
                (
                    point.effect_of_belief,
                    words::shown(point.estimate.value, pool.ratio),
                )
            })
            .collect(),
        tipping: adjusted
            .tipping
            .iter()
            .filter_map(|tip| Some((tip.effect_of_belief?, tip.target.clone())))
            .collect(),
        published: adjusted
            .priors
            .iter()
            .filter(|prior| prior.prior_sd > 0.0)
            .map(|prior| {
                let half = 1.96 * prior.prior_sd;
                let (mean, label) = (prior.prior_mean, prior.label.clone());
                (Interval::new(mean, mean - half, mean + half), label)
            })
            .collect(),
        beliefs: adjusted
            .trials
            .iter()
            .map(|trial| BeliefMark {
                key: trial.study.clone(),
                label: trial.label.clone(),
                difference: trial.difference,
                observed: trial.observed,
                rows: trial.rows.clone(),
            })
            .collect(),
    };
    let table = Some("blinding-adjusted".to_owned());
    Some(Figure::new(
        "blinding-plane",
        table,
        blinding_plane(&input),
        blinding_plane_narrow(&input),
    ))
}

fn title(adjusted: &Adjusted) -> String {
    let at = |target: &str| {
        let tip = adjusted.tipping.iter().find(|tip| tip.target == target)?;
        tip.effect_of_belief
            .map(|worth| onset_plot::text::number(worth, 1))
    };
    match (at("important difference"), at("no difference")) {
        (Some(important), _) => format!(
            "Belief in the treatment would have to be worth {important} {} to take the result below the important \
             difference",
            adjusted.unit
        ),
        (None, Some(none)) => format!(
            "Belief in the treatment would have to be worth {none} {} to explain the whole result",
            adjusted.unit
        ),
        (None, None) => "What belief in the treatment would leave of the result".to_owned(),
    }
}
