//! Networks with a prior on tau: the consistency model, integrated over tau by quadrature.

use super::error::NetworkError;
use super::input::{Network, Study};
use super::options::SmallValues;
use super::rank::{Rankogram, ranks};
use crate::bayes::{
    BayesError, Distribution, LinearPosterior, MuPrior, Rows, Summary, TauPrior, check, check_asked,
};
use onset_math::linalg::{Cholesky, Matrix, symmetric_eigen};
use onset_math::random::Stream;
use rayon::prelude::*;

/// Options of [`bayes_network`].
///
/// | name | default | range | meaning |
/// |---|---|---|---|
/// | `tau_prior` | - | see [`TauPrior`] | prior on tau, the same for all comparisons |
/// | `effect_prior` | flat | see [`MuPrior`] | prior on the effect of each other treatment minus the reference, independent |
/// | `reference` | 0 | a treatment | what the effects under a prior are measured from; flat ones do not depend on it |
/// | `small_values` | desirable | - | which side ranks first |
/// | `level` | 0.95 | (0, 1) | level of the intervals |
/// | `threshold` | 0 | finite | the side beyond it, away from 0, is counted; above 0 for 0 |
/// | `draws` | 0 | any | draws behind the table of ranks; none for 0 |
/// | `seed` | 1 | any | seed of the draws |
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BayesNetworkOptions {
    /// Prior on tau.
    pub tau_prior: TauPrior,
    /// Prior on each effect against the reference.
    pub effect_prior: MuPrior,
    /// Index of the reference.
    pub reference: usize,
    /// Which side ranks first.
    pub small_values: SmallValues,
    /// Level of the intervals.
    pub level: f64,
    /// Threshold of the probabilities.
    pub threshold: f64,
    /// Draws behind the table of ranks.
    pub draws: usize,
    /// Seed of the draws.
    pub seed: u64,
}

impl BayesNetworkOptions {
    /// Flat effects, 95 % intervals, threshold 0, small values desirable, no draws.
    pub fn new(tau_prior: TauPrior) -> Self {
        BayesNetworkOptions {
            tau_prior,
            effect_prior: MuPrior::Flat,
            reference: 0,
            small_values: SmallValues::Desirable,
            level: 0.95,
            threshold: 0.0,
            draws: 0,
            seed: 1,
        }
    }
}

/// Posterior of one comparison, a minus b, with a < b.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BayesPair {
    /// First treatment.
    pub a: usize,
    /// Second treatment.
    pub b: usize,
    /// a minus b.
    pub effect: Summary,
    /// Interval with equal tails of the true effect in a new study.
    pub prediction: (f64, f64),
    /// P(a minus b < 0).
    pub prob_negative: f64,
    /// P(a minus b beyond the threshold), and the same of b minus a.
    pub prob_beyond: [f64; 2],
    /// The two of a new study.
    pub prob_beyond_predictive: [f64; 2],
}

/// Posterior of a network.
#[derive(Debug, Clone, PartialEq)]
pub struct BayesNma {
    /// Treatments in byte order.
    pub treatments: Vec<String>,
    /// Between-study standard deviation, the same for all comparisons.
    pub tau: Summary,
    /// Every comparison: (0, 1), (0, 2), ..., (1, 2), ...
    pub pairs: Vec<BayesPair>,
    /// Of each treatment the mean over the others of P(better than it), which is also the surface under its ranks.
    pub p_scores: Vec<f64>,
    /// Probabilities of ranks, from draws; `None` without draws.
    pub ranks: Option<Rankogram>,
    /// Log marginal likelihood of the contrasts against each study's first arm; `None` with an improper prior.
    pub log_marginal: Option<f64>,
    /// Quadrature nodes used.
    pub nodes: usize,
}

/// Posterior of every comparison of a connected network.
///
/// # Formula
/// y ~ N(X d, S + tau^2 K), S and K a block per study, K = 1 on and 1/2 off the diagonal; d are the effects against the
/// reference. A study's block is turned by the T with T S T' = diag(lambda), T K T' = I, so that its contrasts become
/// independent rows of variance lambda + tau^2, and the model a meta-regression: integrated over tau as in
/// [`nnhm`](crate::bayes::nnhm). Every comparison is a mixture of normals over the nodes, a new study's one of variance + tau^2;
/// P-scores are exact, ranks are drawn: a node by its mass, then the normal distribution there.
/// # Inputs
/// `network`: one connected part, on the analysis scale. With the flat prior on tau two contrasts more than effects are needed,
/// with Jeffreys' one more (tau / sqrt(tr WKWK) there).
/// # Errors
/// `SeparateParts`, `NoSuchTreatment`, `ImproperPosterior`, `Bayes` (what a prior, the level or the threshold refuses), `NotFinite`.
/// # When not to use
/// As any network; and with a `normal` prior on effects the reference matters: comparisons of two others then have twice its
/// variance.
/// # Source
/// Model: Lu & Ades 2004, Stat Med 23:3105; Salanti et al. 2008, Stat Methods Med Res 17:279. Quadrature: Roever 2020, J Stat Softw
/// 93(6). P-scores: Ruecker & Schwarzer 2015, BMC Med Res Methodol 15:58.
///
/// ```
/// use onset_models::bayes::TauPrior;
/// use onset_models::network::{BayesNetworkOptions, Contrast, Network, bayes_network};
/// let row = |study: &str, treat1: &str, treat2: &str, y: f64| Contrast {
///     study: study.into(), treat1: treat1.into(), treat2: treat2.into(), y, se: 0.2,
/// };
/// let rows = [row("1", "B", "A", 1.0), row("2", "C", "B", 1.0), row("3", "C", "A", 2.0)];
/// let network = Network::new(&rows).unwrap().value;
/// let options = BayesNetworkOptions::new(TauPrior::HalfNormal { scale: 0.5 });
/// let found = bayes_network(&network, &options).unwrap();
/// assert!((found.pairs[1].effect.median + 2.0).abs() < 1e-6);
/// ```
pub fn bayes_network(network: &Network, options: &BayesNetworkOptions) -> Result<BayesNma, NetworkError> {
    let n = network.treatments.len();
    if network.components != 1 {
        return Err(NetworkError::SeparateParts);
    }
    if options.reference >= n {
        return Err(NetworkError::NoSuchTreatment {
            found: options.reference,
        });
    }
    let flat = options.effect_prior == MuPrior::Flat;
    let used = if flat { n - 1 } else { 0 };
    check_asked(options.level, options.threshold)?;
    let contrasts = network.studies.iter().map(|s| s.y.len()).sum();
    check(contrasts, used, &options.tau_prior, &options.effect_prior).map_err(of_contrasts)?;
    let places = Places {
        reference: options.reference,
    };
    let rows = rows(network, places, options)?;
    let posterior = LinearPosterior::new(&rows, &options.tau_prior, used, options.level)?;
    let all: Vec<(usize, usize)> = (0..n).flat_map(|a| (a + 1..n).map(move |b| (a, b))).collect();
    let pair = |&(a, b): &(usize, usize)| {
        let column = |t, x| places.of(t).map(|place| (place, x));
        let c: Vec<(usize, f64)> = column(a, 1.0).into_iter().chain(column(b, -1.0)).collect();
        let difference = posterior.combination(&c, 0.0, !flat);
        let (itself, new) = (difference.itself(), difference.new_study());
        let threshold = options.threshold;
        // b minus a beyond the threshold is a minus b beyond its mirror image
        let mirrored = |of: &Distribution| match threshold >= 0.0 {
            true => of.below(-threshold),
            false => of.above(-threshold),
        };
        BayesPair {
            a,
            b,
            effect: itself.summary(options.level),
            prediction: new.central(options.level),
            prob_negative: itself.below(0.0),
            prob_beyond: [itself.beyond(threshold), mirrored(&itself)],
            prob_beyond_predictive: [new.beyond(threshold), mirrored(&new)],
        }
    };
    let pairs: Vec<BayesPair> = all.par_iter().with_min_len(8).map(pair).collect();
    let finite = |p: &BayesPair| p.effect.median.is_finite() && p.prediction.1.is_finite();
    if !(pairs.iter().all(finite) && posterior.tau.median.is_finite()) {
        return Err(NetworkError::NotFinite);
    }
    let proper = !flat && options.tau_prior.is_proper();
    Ok(BayesNma {
        treatments: network.treatments.clone(),
        tau: posterior.tau,
        p_scores: p_scores(n, &pairs, options.small_values),
        ranks: (options.draws > 0).then(|| drawn(&posterior, n, places, options)),
        pairs,
        log_marginal: proper.then_some(posterior.ln_integral),
        nodes: posterior.nodes(),
    })
}

/// The columns of treatments: all but the reference.
#[derive(Debug, Clone, Copy)]
struct Places {
    reference: usize,
}

impl Places {
    fn of(self, treatment: usize) -> Option<usize> {
        match treatment.cmp(&self.reference) {
            std::cmp::Ordering::Less => Some(treatment),
            std::cmp::Ordering::Equal => None,
            std::cmp::Ordering::Greater => Some(treatment - 1),
        }
    }
}

fn of_contrasts(error: BayesError) -> NetworkError {
    match error {
        BayesError::Improper { prior, found, needed } => {
            NetworkError::ImproperPosterior { prior, found, needed }
        }
        other => NetworkError::Bayes(other),
    }
}

fn rows(network: &Network, places: Places, options: &BayesNetworkOptions) -> Result<Rows, NetworkError> {
    let p = network.treatments.len() - 1;
    let mut rows = Rows::new(p);
    for study in &network.studies {
        observe(&mut rows, study, places)?;
    }
    if let MuPrior::Normal { mean, sd } = options.effect_prior {
        (0..p).for_each(|place| rows.suppose(mean, sd, [(place, 1.0)]));
    }
    Ok(rows)
}

/// The independent rows of a study: T y = T X d + errors of variance lambda + tau^2.
fn observe(rows: &mut Rows, study: &Study, places: Places) -> Result<(), NetworkError> {
    let p = study.y.len();
    if let ([y], [first, second]) = (&study.y[..], &study.arms[..]) {
        let entry = |t, x| places.of(t).map(|place| (place, x));
        let entries = entry(*first, -1.0).into_iter().chain(entry(*second, 1.0));
        rows.observe(*y, study.v[(0, 0)], entries);
        return Ok(());
    }
    let shared = Matrix::from_fn(p, p, |i, j| if i == j { 1.0 } else { 0.5 });
    let root = Cholesky::new(&shared).ok_or(NetworkError::NotFinite)?;
    // C^-1 S C^-T, K = C C'
    let mut left = study.v.clone();
    (0..p).for_each(|i| root.forward(left.row_mut(i)));
    let mut scaled = left.transpose();
    (0..p).for_each(|i| root.forward(scaled.row_mut(i)));
    let eigen = symmetric_eigen(&scaled.symmetrised()).ok_or(NetworkError::NotFinite)?;
    for (i, &lambda) in eigen.values.iter().enumerate() {
        if !(lambda > 0.0 && lambda.is_finite()) {
            return Err(NetworkError::NotFinite);
        }
        // row i of T = U' C^-1 is C^-T u
        let mut t = eigen.vectors.col(i);
        root.backward(&mut t);
        let y = t.iter().zip(&study.y).map(|(t, y)| t * y).sum();
        let base = (study.arms[0], -t.iter().sum::<f64>());
        let others = study.arms[1..].iter().copied().zip(t);
        let entries = std::iter::once(base).chain(others);
        rows.observe(
            y,
            lambda,
            entries.filter_map(|(arm, x)| Some((places.of(arm)?, x))),
        );
    }
    rows.ln_constant -= 0.5 * root.ln_det();
    Ok(())
}

fn p_scores(n: usize, pairs: &[BayesPair], small: SmallValues) -> Vec<f64> {
    let mut scores = vec![0.0; n];
    for pair in pairs {
        let (low, high) = (pair.prob_negative, 1.0 - pair.prob_negative);
        let (first, second) = match small {
            SmallValues::Desirable => (low, high),
            SmallValues::Undesirable => (high, low),
        };
        scores[pair.a] += first / (n as f64 - 1.0);
        scores[pair.b] += second / (n as f64 - 1.0);
    }
    scores
}

fn drawn(posterior: &LinearPosterior, n: usize, places: Places, options: &BayesNetworkOptions) -> Rankogram {
    let mut stream = Stream::new(options.seed, 0);
    let mut effects = vec![0.0; n - 1];
    ranks(n, options.draws, options.small_values, |x| {
        posterior.draw(&mut stream, &mut effects);
        for (t, x) in x.iter_mut().enumerate() {
            *x = places.of(t).map_or(0.0, |place| effects[place]);
        }
    })
}
