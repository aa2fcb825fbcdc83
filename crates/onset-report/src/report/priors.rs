//! "How sure?": the headline result under hundreds of priors on the spread between trials.

use super::{Context, parts};
use crate::figures::priors::NAME;
use crate::words;
use maud::{Markup, html};
use onset_plot::text;

/// The part; `None` where no Bayesian reading is declared.
pub(super) fn section(context: &Context<'_>) -> Option<Markup> {
    let grid = context.answers.priors.as_ref()?;
    let pool = words::pool_at(context.answers, &grid.pool)?;
    let scale = words::scale(&pool.measure);
    Some(html! {
        h3 { "What the prior does" }
        p {
            "Under " (text::count(grid.priors as u64)) " priors on the spread between trials (half-normal, half-Cauchy and uniform, \
             from a tenth of the declared scale to ten times it) the median of the mean effect lies from "
            (text::value(grid.median_low, scale)) " to " (text::value(grid.median_high, scale)) " " (pool.unit)
            @if let (Some(low), Some(high)) = (grid.beyond_low, grid.beyond_high) {
                ", and the chance that it is beyond the important difference from " (text::percent(100.0 * low, 0)) " to "
                (text::percent(100.0 * high, 0))
            }
            ". A prior that allows trials to differ by more gives a wider interval; with few trials it decides much of it."
        }
        (parts::figure(context, NAME))
    })
}
