//! Moment estimators of tau2 in closed form.
//!
//! Each is a quadratic form y'Ay; its standard error is sqrt(2 tr(ASAS)) with S = V + tau2 I at the
//! estimate.

use super::{Projection, Tau2, Weighting, truncated};

/// DerSimonian-Laird.
///
/// # Formula
/// tau2 = (Q - (k - p)) / tr P at weights 1/v; for one mean tr P = S1 - S2/S1.
/// # Source
/// DerSimonian & Laird 1986, Control Clin Trials 7:177.
pub(super) fn dersimonian_laird(projection: &mut Projection) -> Tau2 {
    let f = projection.forms(0.0);
    let df = projection.df();
    truncated((f.q - df) / f.tr_p, |t| {
        (2.0 * (df + 2.0 * t * f.tr_p + t * t * f.tr_pp)).sqrt() / f.tr_p
    })
}

/// Hunter-Schmidt, with `correction` 1, or k/(k - p) for the small-sample form.
///
/// # Formula
/// tau2 = (correction Q - k) / sum w, w = 1/v.
/// # Source
/// Schmidt & Hunter 2015; small samples: Brannick et al. 2019.
pub(super) fn hunter_schmidt(projection: &mut Projection, correction: f64) -> Tau2 {
    let f = projection.forms(0.0);
    let (df, k) = (projection.df(), projection.k() as f64);
    truncated((correction * f.q - k) / f.sum_w, |t| {
        correction * (2.0 * (df + 2.0 * t * f.tr_p + t * t * f.tr_pp)).sqrt() / f.sum_w
    })
}

/// Hedges: the generalised Q statistic with equal weights.
///
/// # Formula
/// tau2 = (y'(I - H)y - tr((I - H)V)) / (k - p).
/// # Source
/// Hedges & Olkin 1985, Statistical Methods for Meta-Analysis.
pub(super) fn hedges(projection: &mut Projection) -> Tau2 {
    general(projection, Weighting::Equal)
}

/// Generalised Q statistic with fixed weights a.
///
/// # Formula
/// tau2 = (Q_a - tr(P_a V)) / tr P_a.
/// # Source
/// DerSimonian & Kacker 2007, Contemp Clin Trials 28:105; Jackson et al. 2014.
pub(super) fn generalised_q(projection: &mut Projection, weights: Weighting<'_>) -> Tau2 {
    general(projection, weights)
}

fn general(projection: &mut Projection, a: Weighting<'_>) -> Tau2 {
    let f = projection.weighted(a, 0.0);
    truncated((f.q - f.tr_pv) / f.tr_p, |t| {
        let at = projection.weighted(a, t);
        (2.0 * at.tr_psps).sqrt() / at.tr_p
    })
}

/// Sidik-Jonkman.
///
/// # Formula
/// tau2 = t0 Q(t0) / (k - p), where t0 is the mean square of y about its plain mean and Q(t0) has
/// weights 1/(v + t0). Positive unless all effects agree.
/// # Source
/// Sidik & Jonkman 2005, J R Stat Soc C 54:367.
pub(super) fn sidik_jonkman(projection: &mut Projection) -> Tau2 {
    let (t0, df) = (projection.spread(), projection.df());
    let f = projection.forms(t0);
    truncated(t0 * f.q / df, |t| {
        let d = t - t0;
        t0 / df * (2.0 * (df + 2.0 * d * f.tr_p + d * d * f.tr_pp)).sqrt()
    })
}
