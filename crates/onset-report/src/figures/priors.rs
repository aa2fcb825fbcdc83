//! The headline result under hundreds of priors.

use super::{Figure, effect, interval};
use crate::words;
use onset_plot::priors::{PriorFamily, Priors};
use onset_plot::{Heading, priors, priors_narrow, text};
use onset_review::Answers;

/// Name of the figure and of its table.
pub(crate) const NAME: &str = "prior-sensitivity";

/// The figure; `None` where no Bayesian reading is declared.
pub(super) fn figure(answers: &Answers) -> Option<Figure> {
    let grid = answers.priors.as_ref()?;
    let pool = words::pool_at(answers, &grid.pool)?;
    let scale = words::scale(&pool.measure);
    let all = text::count(grid.priors as u64);
    let title = match grid.excluding {
        0 => {
            format!("Under none of {all} priors does the interval lie on one side of no difference")
        }
        every if every == grid.priors => {
            format!("Under each of {all} priors the interval lies on one side of no difference")
        }
        some => format!(
            "Under {} of {all} priors the interval lies on one side of no difference",
            text::count(some as u64)
        ),
    };
    let medians = format!(
        "the median lies from {} to {}{}",
        text::value(grid.median_low, scale),
        text::value(grid.median_high, scale),
        if pool.unit.is_empty() {
            String::new()
        } else {
            format!(" {}", pool.unit)
        }
    );
    let input = Priors {
        heading: Heading {
            id: NAME.to_owned(),
            desc: format!("{title}; {medians}."),
            title,
            subtitle: format!(
                "{}. Normal-normal model, flat prior on the mean; {medians}.",
                words::subtitle(pool).trim_end_matches('.')
            ),
            source: String::new(),
        },
        effect: effect(pool),
        unit: if pool.ratio {
            format!("log {}", words::uncapital(&effect(pool).label))
        } else {
            pool.unit.clone()
        },
        families: grid
            .families
            .iter()
            .map(|family| PriorFamily {
                label: words::capital(&family.family),
                points: family
                    .under
                    .iter()
                    .map(|under| (under.scale, interval(&under.mean)))
                    .collect(),
            })
            .collect(),
    };
    Some(Figure::new(
        NAME,
        Some(NAME.to_owned()),
        priors(&input),
        priors_narrow(&input),
    ))
}
