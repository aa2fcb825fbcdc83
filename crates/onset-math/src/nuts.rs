//! The no-U-turn sampler for smooth densities of a few dimensions.

use crate::random::Stream;

/// How a chain is run.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Nuts {
    /// Steps that adapt the step size and the scales; they are not kept.
    pub warmup: usize,
    /// Draws kept.
    pub draws: usize,
    /// Mean acceptance that the step size is tuned to.
    pub target: f64,
    /// A path has at most two to this power of steps.
    pub depth: u32,
}

impl Default for Nuts {
    fn default() -> Self {
        Nuts {
            warmup: 1_000,
            draws: 1_000,
            target: 0.9,
            depth: 10,
        }
    }
}

/// One chain.
#[derive(Debug, Clone, PartialEq)]
pub struct Chain {
    /// Draws, one after the other.
    pub draws: Vec<Vec<f64>>,
    /// Paths, after warm-up, on which the energy error passed 1000.
    pub divergences: usize,
    /// Paths that were cut at the largest depth.
    pub cut: usize,
    /// Mean acceptance after warm-up.
    pub acceptance: f64,
    /// Step size after warm-up.
    pub step: f64,
}

/// An energy error from which a path counts as divergent.
const DIVERGENT: f64 = 1_000.0;

/// One chain from `start`; `log_density(x, gradient)` writes the gradient. A density of 0 is negative infinity.
///
/// # Formula
/// Hamilton's equations by leapfrog steps with momenta N(0, M), M diagonal and adapted in windows of doubling length; paths
/// double until the ends turn towards each other; the next draw is taken along the path by its weight exp(-H). The step
/// size is tuned by dual averaging.
///
/// # Source
/// Hoffman & Gelman 2014, J Mach Learn Res 15:1593; Betancourt 2017, arXiv:1701.02434 (weights along the path, the turning
/// rule by summed momenta).
pub fn nuts(
    start: &[f64],
    mut log_density: impl FnMut(&[f64], &mut [f64]) -> f64,
    options: &Nuts,
    stream: &mut Stream,
) -> Chain {
    let n = start.len();
    let mut place = Place {
        q: start.to_vec(),
        p: vec![0.0; n],
        g: vec![0.0; n],
        logp: 0.0,
    };
    place.logp = log_density(&place.q, &mut place.g);
    let mut scales = vec![1.0; n];
    let mut tuned = Tuning::new(
        first_step(&place, &scales, &mut log_density, stream),
        options.target,
    );
    let windows = windows(options.warmup);
    let mut seen: Vec<Vec<f64>> = Vec::new();
    let mut chain = Chain {
        draws: Vec::with_capacity(options.draws),
        divergences: 0,
        cut: 0,
        acceptance: 0.0,
        step: 0.0,
    };
    for iteration in 0..options.warmup + options.draws {
        let warm = iteration < options.warmup;
        let eps = if warm { tuned.step() } else { tuned.mean_step() };
        let path = transition(&place, eps, &scales, options.depth, &mut log_density, stream);
        place = path.sample;
        if warm {
            tuned.update(path.acceptance);
            if iteration >= windows.0 && iteration < windows.1 {
                seen.push(place.q.clone());
            }
            if windows.2.contains(&iteration) {
                scales = variances(&seen, n);
                seen.clear();
                let step = first_step(&place, &scales, &mut log_density, stream);
                tuned = Tuning::new(step, options.target);
            }
        } else {
            chain.draws.push(place.q.clone());
            chain.divergences += usize::from(path.divergent);
            chain.cut += usize::from(path.cut);
            chain.acceptance += path.acceptance / options.draws as f64;
        }
    }
    chain.step = tuned.mean_step();
    chain
}

/// Where the windows of the scales begin and end, and the iterations after which the scales are set.
fn windows(warmup: usize) -> (usize, usize, Vec<usize>) {
    let (from, to) = (warmup * 15 / 100, warmup * 90 / 100);
    let mut ends = Vec::new();
    let (mut at, mut length) = (from, 25.max(warmup / 40));
    while at + length <= to {
        // the last window takes what is left
        let end = if at + 3 * length > to { to } else { at + length };
        ends.push(end.saturating_sub(1));
        at = end;
        length *= 2;
    }
    (from, to, ends)
}

/// Variances of the draws, drawn towards a small one where there are few.
fn variances(seen: &[Vec<f64>], n: usize) -> Vec<f64> {
    let k = seen.len() as f64;
    (0..n)
        .map(|j| {
            let column = || seen.iter().filter_map(|row| row.get(j));
            let mean = column().sum::<f64>() / k.max(1.0);
            let squares: f64 = column().map(|x| (x - mean).powi(2)).sum();
            let variance = if k > 1.0 { squares / (k - 1.0) } else { 1.0 };
            (k / (k + 5.0) * variance + 1e-3 * 5.0 / (k + 5.0)).max(f64::MIN_POSITIVE)
        })
        .collect()
}

/// Position, momentum, gradient of the log density there.
#[derive(Debug, Clone)]
struct Place {
    q: Vec<f64>,
    p: Vec<f64>,
    g: Vec<f64>,
    logp: f64,
}

impl Place {
    /// Minus the energy.
    fn weight(&self, scales: &[f64]) -> f64 {
        let kinetic: f64 = self.p.iter().zip(scales).map(|(p, s)| p * p * s).sum();
        self.logp - 0.5 * kinetic
    }

    fn leap(
        &self,
        eps: f64,
        scales: &[f64],
        log_density: &mut impl FnMut(&[f64], &mut [f64]) -> f64,
    ) -> Place {
        let mut to = self.clone();
        to.p.iter_mut()
            .zip(&self.g)
            .for_each(|(p, g)| *p += 0.5 * eps * g);
        to.q.iter_mut()
            .zip(&to.p)
            .zip(scales)
            .for_each(|((q, p), s)| *q += eps * s * p);
        to.logp = log_density(&to.q, &mut to.g);
        to.p.iter_mut().zip(&to.g).for_each(|(p, g)| *p += 0.5 * eps * g);
        to
    }
}

fn throw(place: &Place, scales: &[f64], stream: &mut Stream) -> Place {
    let mut thrown = place.clone();
    thrown
        .p
        .iter_mut()
        .zip(scales)
        .for_each(|(p, s)| *p = stream.normal() / s.sqrt());
    thrown
}

/// A step at which a single leap is accepted about half of the time.
fn first_step(
    place: &Place,
    scales: &[f64],
    log_density: &mut impl FnMut(&[f64], &mut [f64]) -> f64,
    stream: &mut Stream,
) -> f64 {
    let mut eps: f64 = 0.1;
    let from = throw(place, scales, stream);
    let before = from.weight(scales);
    let mut gain = |eps: f64| {
        let gain = from.leap(eps, scales, log_density).weight(scales) - before;
        if gain.is_nan() { f64::NEG_INFINITY } else { gain }
    };
    let up = gain(eps) > -std::f64::consts::LN_2;
    for _ in 0..60 {
        let next = if up { eps * 2.0 } else { eps / 2.0 };
        if (gain(next) > -std::f64::consts::LN_2) != up {
            break;
        }
        eps = next;
    }
    eps
}

/// Dual averaging of the log step size.
struct Tuning {
    centre: f64,
    target: f64,
    error: f64,
    log: f64,
    mean: f64,
    count: f64,
}

impl Tuning {
    fn new(step: f64, target: f64) -> Tuning {
        Tuning {
            centre: (10.0 * step).ln(),
            target,
            error: 0.0,
            log: step.ln(),
            mean: step.ln(),
            count: 0.0,
        }
    }

    fn step(&self) -> f64 {
        self.log.exp()
    }

    fn mean_step(&self) -> f64 {
        self.mean.exp()
    }

    fn update(&mut self, acceptance: f64) {
        self.count += 1.0;
        let share = 1.0 / (self.count + 10.0);
        self.error = (1.0 - share) * self.error + share * (self.target - acceptance);
        self.log = self.centre - self.count.sqrt() / 0.05 * self.error;
        let weight = self.count.powf(-0.75);
        self.mean = weight * self.log + (1.0 - weight) * self.mean;
    }
}

/// A finished path.
struct Path {
    sample: Place,
    acceptance: f64,
    divergent: bool,
    cut: bool,
}

/// A stretch of a path.
struct Stretch {
    left: Place,
    right: Place,
    sample: Place,
    /// ln of the summed weights.
    weight: f64,
    /// Summed momenta.
    sum: Vec<f64>,
    accepted: f64,
    steps: f64,
    whole: bool,
    divergent: bool,
}

fn transition(
    place: &Place,
    eps: f64,
    scales: &[f64],
    depth: u32,
    log_density: &mut impl FnMut(&[f64], &mut [f64]) -> f64,
    stream: &mut Stream,
) -> Path {
    let from = throw(place, scales, stream);
    let base = from.weight(scales);
    let mut whole = Stretch {
        left: from.clone(),
        right: from.clone(),
        sample: from.clone(),
        weight: 0.0,
        sum: from.p.clone(),
        accepted: 0.0,
        steps: 0.0,
        whole: true,
        divergent: false,
    };
    let mut cut = true;
    for level in 0..depth {
        let forward = stream.uniform() < 0.5;
        let end = if forward { &whole.right } else { &whole.left };
        let eps = if forward { eps } else { -eps };
        let new = grow(end, level, eps, base, scales, log_density, stream);
        whole.accepted += new.accepted;
        whole.steps += new.steps;
        if !new.whole {
            whole.divergent |= new.divergent;
            cut = false;
            break;
        }
        // towards the new half: it need not be as likely as the old one
        if stream.uniform().ln() < new.weight - whole.weight {
            whole.sample = new.sample.clone();
        }
        let turned = joined(&mut whole, new, forward, scales);
        if turned {
            cut = false;
            break;
        }
    }
    Path {
        sample: whole.sample,
        acceptance: if whole.steps > 0.0 {
            whole.accepted / whole.steps
        } else {
            0.0
        },
        divergent: whole.divergent,
        cut,
    }
}

/// Two to the power of `level` steps from a place.
fn grow(
    from: &Place,
    level: u32,
    eps: f64,
    base: f64,
    scales: &[f64],
    log_density: &mut impl FnMut(&[f64], &mut [f64]) -> f64,
    stream: &mut Stream,
) -> Stretch {
    if level == 0 {
        let to = from.leap(eps, scales, log_density);
        let gain = to.weight(scales) - base;
        let gain = if gain.is_nan() { f64::NEG_INFINITY } else { gain };
        let divergent = gain < -DIVERGENT;
        return Stretch {
            left: to.clone(),
            right: to.clone(),
            sum: to.p.clone(),
            sample: to,
            weight: gain,
            accepted: gain.exp().min(1.0),
            steps: 1.0,
            whole: !divergent,
            divergent,
        };
    }
    let mut first = grow(from, level - 1, eps, base, scales, log_density, stream);
    if !first.whole {
        return first;
    }
    let forward = eps > 0.0;
    let end = if forward { &first.right } else { &first.left };
    let second = grow(end, level - 1, eps, base, scales, log_density, stream);
    first.accepted += second.accepted;
    first.steps += second.steps;
    if !second.whole {
        first.whole = false;
        first.divergent = second.divergent;
        return first;
    }
    let both = ln_add(first.weight, second.weight);
    if stream.uniform().ln() < second.weight - both {
        first.sample = second.sample.clone();
    }
    if joined(&mut first, second, forward, scales) {
        first.whole = false;
    }
    first
}

/// Adds a stretch at an end; whether the path now turns back on itself, as a whole or across its seam.
fn joined(path: &mut Stretch, new: Stretch, forward: bool, scales: &[f64]) -> bool {
    let (old_left, old_right) = (path.left.p.clone(), path.right.p.clone());
    let old_sum = path.sum.clone();
    let sum: Vec<f64> = old_sum.iter().zip(&new.sum).map(|(a, b)| a + b).collect();
    let turns = |left: &[f64], right: &[f64], sum: &[f64]| {
        let along = |p: &[f64]| {
            p.iter()
                .zip(scales)
                .zip(sum)
                .map(|((p, s), r)| p * s * r)
                .sum::<f64>()
        };
        along(left) <= 0.0 || along(right) <= 0.0
    };
    let added = |a: &[f64], b: &[f64]| -> Vec<f64> { a.iter().zip(b).map(|(a, b)| a + b).collect() };
    let turned = if forward {
        turns(&old_left, &new.right.p, &sum)
            || turns(&old_left, &new.left.p, &added(&old_sum, &new.left.p))
            || turns(&old_right, &new.right.p, &added(&new.sum, &old_right))
    } else {
        turns(&new.left.p, &old_right, &sum)
            || turns(&new.left.p, &old_left, &added(&new.sum, &old_left))
            || turns(&new.right.p, &old_right, &added(&old_sum, &new.right.p))
    };
    path.weight = ln_add(path.weight, new.weight);
    path.sum = sum;
    if forward {
        path.right = new.right;
    } else {
        path.left = new.left;
    }
    turned
}

fn ln_add(a: f64, b: f64) -> f64 {
    let (high, low) = (a.max(b), a.min(b));
    if high == f64::NEG_INFINITY {
        high
    } else {
        high + (low - high).exp().ln_1p()
    }
}

/// Convergence of one quantity over chains.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Convergence {
    /// Rank-normalised split R-hat, the larger of bulk and folded; infinite where the chains do not move.
    pub r_hat: f64,
    /// Effective sample size of the rank-normalised draws.
    pub ess_bulk: f64,
    /// The smaller of the effective sample sizes of the 5 % and 95 % quantiles.
    pub ess_tail: f64,
}

/// R-hat and effective sample sizes; each chain holds its draws in order.
///
/// # Source
/// Vehtari, Gelman, Simpson, Carpenter & Buerkner 2021, Bayesian Anal 16:667; Geyer 1992, Stat Sci 7:473 (where the sum
/// of autocorrelations ends).
pub fn convergence(chains: &[Vec<f64>]) -> Convergence {
    let halves: Vec<Vec<f64>> = chains
        .iter()
        .flat_map(|c| {
            let half = c.len() / 2;
            let (first, second) = c.split_at(half);
            [
                first.to_vec(),
                second.get(second.len() - half..).unwrap_or(&[]).to_vec(),
            ]
        })
        .collect();
    let mut all: Vec<f64> = halves.concat();
    all.sort_by(f64::total_cmp);
    let middle = at(&all, 0.5);
    let folded: Vec<Vec<f64>> = halves
        .iter()
        .map(|c| c.iter().map(|x| (x - middle).abs()).collect())
        .collect();
    let ranked = rank_normal(&halves);
    let r_hat = split_r_hat(&ranked).max(split_r_hat(&rank_normal(&folded)));
    let tail = |share: f64| {
        let cut = at(&all, share);
        let marks: Vec<Vec<f64>> = halves
            .iter()
            .map(|c| c.iter().map(|x| f64::from(u8::from(*x <= cut))).collect())
            .collect();
        effective(&marks)
    };
    Convergence {
        r_hat,
        ess_bulk: effective(&ranked),
        ess_tail: tail(0.05).min(tail(0.95)),
    }
}

fn at(sorted: &[f64], share: f64) -> f64 {
    let last = sorted.len().saturating_sub(1);
    sorted
        .get((share * last as f64).round() as usize)
        .copied()
        .unwrap_or(f64::NAN)
}

/// Draws as normal scores of their ranks over all chains; ties share theirs.
fn rank_normal(chains: &[Vec<f64>]) -> Vec<Vec<f64>> {
    let mut order: Vec<(f64, usize, usize)> = Vec::new();
    for (c, chain) in chains.iter().enumerate() {
        order.extend(chain.iter().enumerate().map(|(i, x)| (*x, c, i)));
    }
    order.sort_by(|a, b| a.0.total_cmp(&b.0));
    let total = order.len() as f64;
    let mut out: Vec<Vec<f64>> = chains.iter().map(|c| vec![0.0; c.len()]).collect();
    let mut before = 0.0;
    for same in order.chunk_by(|a, b| a.0 == b.0) {
        let rank = before + (same.len() as f64 + 1.0) / 2.0;
        let score = crate::normal::quantile((rank - 0.375) / (total + 0.25));
        for (_, c, i) in same {
            if let Some(cell) = out.get_mut(*c).and_then(|chain| chain.get_mut(*i)) {
                *cell = score;
            }
        }
        before += same.len() as f64;
    }
    out
}

fn mean(x: &[f64]) -> f64 {
    x.iter().sum::<f64>() / x.len() as f64
}

/// Variance with divisor n - 1.
fn variance(x: &[f64]) -> f64 {
    let m = mean(x);
    x.iter().map(|x| (x - m).powi(2)).sum::<f64>() / (x.len() as f64 - 1.0)
}

/// Within-chain variance, and the pooled one with what lies between chains.
fn spread(chains: &[Vec<f64>]) -> (f64, f64) {
    let n = chains.first().map_or(0, Vec::len) as f64;
    let within = mean(&chains.iter().map(|c| variance(c)).collect::<Vec<f64>>());
    let means: Vec<f64> = chains.iter().map(|c| mean(c)).collect();
    let between = if means.len() > 1 { variance(&means) } else { 0.0 };
    (within, (n - 1.0) / n * within + between)
}

fn split_r_hat(chains: &[Vec<f64>]) -> f64 {
    let (within, pooled) = spread(chains);
    if within > 0.0 && pooled.is_finite() {
        (pooled / within).sqrt()
    } else {
        f64::INFINITY
    }
}

fn effective(chains: &[Vec<f64>]) -> f64 {
    let n = chains.first().map_or(0, Vec::len);
    let total = (n * chains.len()) as f64;
    let (_, pooled) = spread(chains);
    let (within, _) = spread(chains);
    if n < 4 || !(pooled > 0.0 && pooled.is_finite()) {
        return 0.0;
    }
    let centred: Vec<Vec<f64>> = chains
        .iter()
        .map(|c| {
            let m = mean(c);
            c.iter().map(|x| x - m).collect()
        })
        .collect();
    let covariance = |lag: usize| {
        let one = |c: &Vec<f64>| {
            let late = c.get(lag..).unwrap_or(&[]);
            c.iter().zip(late).map(|(a, b)| a * b).sum::<f64>() / n as f64
        };
        mean(&centred.iter().map(one).collect::<Vec<f64>>())
    };
    let bias = n as f64 / (n as f64 - 1.0);
    let rho = |lag: usize| 1.0 - (within - bias * covariance(lag)) / pooled;
    // Sums of two neighbours fall and stay positive for a reversible chain.
    let mut sum = 0.0;
    let mut least = f64::INFINITY;
    let mut lag = 0;
    while lag + 1 < n {
        let pair = if lag == 0 {
            1.0 + rho(1)
        } else {
            rho(lag) + rho(lag + 1)
        };
        if pair <= 0.0 {
            break;
        }
        least = least.min(pair);
        sum += least;
        lag += 2;
    }
    let time = (2.0 * sum - 1.0).max(1.0 / total.log10().max(1.0));
    total / time
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A correlated normal with means 1 and -2, standard deviations 1 and 10, correlation 0.8.
    fn normal(x: &[f64], g: &mut [f64]) -> f64 {
        let (a, b) = (x[0] - 1.0, (x[1] + 2.0) / 10.0);
        let k = 1.0 / (1.0 - 0.64);
        g[0] = -k * (a - 0.8 * b);
        g[1] = -k * (b - 0.8 * a) / 10.0;
        -0.5 * k * (a * a - 1.6 * a * b + b * b)
    }

    fn run(options: &Nuts) -> Vec<Chain> {
        (0..4)
            .map(|i| {
                nuts(
                    &[f64::from(i), 0.0],
                    normal,
                    options,
                    &mut Stream::new(7, i as u64),
                )
            })
            .collect()
    }

    fn column(chains: &[Chain], j: usize) -> Vec<Vec<f64>> {
        chains
            .iter()
            .map(|c| c.draws.iter().map(|d| d[j]).collect())
            .collect()
    }

    #[test]
    fn a_known_normal_comes_back() {
        let chains = run(&Nuts::default());
        for (j, (m, s)) in [(1.0, 1.0), (-2.0, 10.0)].into_iter().enumerate() {
            let draws = column(&chains, j);
            let good = convergence(&draws);
            assert!(
                good.r_hat < 1.01 && good.ess_bulk > 1_000.0 && good.ess_tail > 500.0,
                "{good:?}"
            );
            let all = draws.concat();
            // four standard errors of the Monte Carlo mean and standard deviation
            let error = 4.0 / good.ess_bulk.sqrt();
            assert!((mean(&all) - m).abs() < error * s, "{}", mean(&all));
            assert!((variance(&all).sqrt() / s - 1.0).abs() < error);
        }
        assert!(
            chains
                .iter()
                .all(|c| c.divergences == 0 && c.cut == 0 && c.acceptance > 0.7)
        );
    }

    #[test]
    fn the_same_seed_gives_the_same_draws() {
        let few = Nuts {
            warmup: 50,
            draws: 20,
            ..Nuts::default()
        };
        assert_eq!(run(&few), run(&few));
    }

    #[test]
    fn chains_that_disagree_or_stand_still_are_seen() {
        let mut stream = Stream::new(1, 1);
        let mut chain = |shift: f64| -> Vec<f64> { (0..400).map(|_| shift + stream.normal()).collect() };
        let apart = [chain(0.0), chain(0.0), chain(1.0), chain(0.0)];
        assert!(convergence(&apart).r_hat > 1.1);
        let good = [chain(0.0), chain(0.0), chain(0.0), chain(0.0)];
        let found = convergence(&good);
        assert!(
            found.r_hat < 1.02 && (800.0..4_000.0).contains(&found.ess_bulk),
            "{found:?}"
        );
        let still = [vec![1.0; 100], vec![1.0; 100]];
        assert!(convergence(&still).r_hat.is_infinite());
        // a chain with autocorrelation 0.9 is worth about 1/19 of its length
        let mut walk = vec![vec![0.0; 4_000]; 4];
        for chain in &mut walk {
            for i in 1..chain.len() {
                chain[i] = 0.9 * chain[i - 1] + (1.0f64 - 0.81).sqrt() * stream.normal();
            }
        }
        let ess = convergence(&walk).ess_bulk;
        assert!((ess / (16_000.0 / 19.0) - 1.0).abs() < 0.3, "{ess}");
    }
}
