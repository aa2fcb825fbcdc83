//! Funnel plots, only where enough studies make one readable.

use super::{Figure, effect};
use crate::words;
use onset_plot::funnel::{Funnel, FunnelPoint};
use onset_plot::{Heading, funnel, funnel_narrow};
use onset_review::answers::Pool;

/// Below this many studies asymmetry cannot be told from chance (Sterne 2011; Handbook 13).
const ENOUGH: usize = 10;

/// The funnel of a pool of at least ten studies.
pub(super) fn figure(pool: &Pool, name: &str) -> Option<Figure> {
    let found = pool.estimate.as_ref().filter(|_| pool.k >= ENOUGH)?;
    let id = format!("funnel-{name}");
    let title = format!(
        "{}, {}: effects of {} against their precision",
        words::capital(&pool.outcome_label),
        words::uncapital(&pool.window_label),
        onset_plot::text::trials(pool.k),
    );
    let input = Funnel {
        heading: Heading {
            id: id.clone(),
            desc: format!("{title}. The vertical line is {}.", words::estimate(found)),
            title,
            subtitle: format!(
                "{} Contours at p 0.1, 0.05 and 0.01; look for a corner without trials.",
                words::subtitle(pool)
            ),
            source: String::new(),
        },
        effect: effect(pool),
        points: pool
            .studies
            .iter()
            .map(|study| {
                let named = pool.k <= words::MANY;
                FunnelPoint {
                    key: if named { study.id.clone() } else { String::new() },
                    label: if named {
                        words::study_name(study)
                    } else {
                        String::new()
                    },
                    effect: study.shown.value,
                    se: study.se,
                    rows: if named { study.rows.clone() } else { Vec::new() },
                }
            })
            .collect(),
        pooled: Some(found.value),
        adjusted: Vec::new(),
    };
    let table = Some(format!("studies-{name}"));
    Some(Figure::new(&id, table, funnel(&input), funnel_narrow(&input)))
}
