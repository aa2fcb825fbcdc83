//! Reproducible random numbers: ChaCha8 streams, the same on every platform.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

use crate::normal;

/// One of 2^64 independent streams of a seed. The numbers a stream gives are part of the crate's promise:
/// a change of them is a breaking change.
#[derive(Debug, Clone)]
pub struct Stream {
    rng: ChaCha8Rng,
}

impl Stream {
    /// The stream numbered `stream` of `seed` (the key is the seed spread over 256 bits by SplitMix64).
    pub fn new(seed: u64, stream: u64) -> Stream {
        let mut key = [0u8; 32];
        let mut state = seed;
        for part in key.chunks_exact_mut(8) {
            part.copy_from_slice(&split_mix(&mut state).to_le_bytes());
        }
        let mut rng = ChaCha8Rng::from_seed(key);
        rng.set_stream(stream);
        Stream { rng }
    }

    /// The next 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.rng.next_u64()
    }

    /// Uniform on the open interval (0, 1): an odd multiple of 2^-53.
    pub fn uniform(&mut self) -> f64 {
        const UNIT: f64 = 1.0 / (1u64 << 52) as f64;
        ((self.bits() >> 12) as f64 + 0.5) * UNIT
    }

    /// Uniform integer in `0..n`, without bias (Lemire 2019); 0 when `n` is 0.
    pub fn below(&mut self, n: u64) -> u64 {
        if n == 0 {
            return 0;
        }
        let threshold = n.wrapping_neg() % n;
        loop {
            let product = u128::from(self.bits()) * u128::from(n);
            if product as u64 >= threshold {
                return (product >> 64) as u64;
            }
        }
    }

    /// Random order (Fisher and Yates).
    pub fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            let j = self.below(i as u64 + 1) as usize;
            items.swap(i, j);
        }
    }

    /// Standard normal, by inversion of one uniform.
    pub fn normal(&mut self) -> f64 {
        normal::quantile(self.uniform())
    }

    /// Exponential with mean one.
    pub fn exponential(&mut self) -> f64 {
        -self.uniform().ln()
    }

    /// Gamma with the given shape and rate one; NaN unless shape is positive and finite.
    /// Source: Marsaglia & Tsang 2000, ACM Transactions on Mathematical Software 26:363.
    pub fn gamma(&mut self, shape: f64) -> f64 {
        if !(shape > 0.0 && shape.is_finite()) {
            return f64::NAN;
        }
        if shape < 1.0 {
            let boosted = self.gamma(shape + 1.0);
            return boosted * self.uniform().powf(1.0 / shape);
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let v = (1.0 + c * x).powi(3);
            if v <= 0.0 {
                continue;
            }
            let u = self.uniform();
            if u.ln() < 0.5 * x * x + d - d * v + d * v.ln() {
                return d * v;
            }
        }
    }

    /// Chi-squared with `df` degrees of freedom.
    pub fn chi_squared(&mut self, df: f64) -> f64 {
        2.0 * self.gamma(0.5 * df)
    }

    /// Student's t with `df` degrees of freedom.
    pub fn student_t(&mut self, df: f64) -> f64 {
        let z = self.normal();
        z / (self.chi_squared(df) / df).sqrt()
    }

    /// Beta(a, b).
    pub fn beta(&mut self, a: f64, b: f64) -> f64 {
        let x = self.gamma(a);
        let y = self.gamma(b);
        x / (x + y)
    }

    /// True with probability `p`.
    pub fn bernoulli(&mut self, p: f64) -> bool {
        self.uniform() < p
    }

    /// Binomial count out of `n` with probability `p` (clamped to [0, 1]; NaN counts as 0).
    ///
    /// Large n is split at the median order statistic of n uniforms, which is a beta variable; exact.
    pub fn binomial(&mut self, n: u64, p: f64) -> u64 {
        let mut p = if p.is_nan() { 0.0 } else { p.clamp(0.0, 1.0) };
        let (mut n, mut count) = (n, 0);
        while n > 40 {
            let middle = n.div_ceil(2);
            let order = self.beta(middle as f64, (n + 1 - middle) as f64);
            if order > p {
                n = middle - 1;
                p = (p / order).clamp(0.0, 1.0);
            } else {
                count += middle;
                n -= middle;
                p = ((p - order) / (1.0 - order)).clamp(0.0, 1.0);
            }
        }
        count + (0..n).filter(|_| self.bernoulli(p)).count() as u64
    }

    /// Poisson count with the given mean; 0 unless the mean is positive and finite.
    ///
    /// A large mean is split at a gamma waiting time (Ahrens & Dieter 1974, Computing 12:223); exact.
    pub fn poisson(&mut self, mean: f64) -> u64 {
        if !(mean > 0.0 && mean.is_finite()) {
            return 0;
        }
        let (mut left, mut count) = (mean, 0);
        while left > 20.0 {
            let m = (0.875 * left).floor();
            let wait = self.gamma(m);
            if wait > left {
                return count + self.binomial(m as u64 - 1, left / wait);
            }
            count += m as u64;
            left -= wait;
        }
        let limit = (-left).exp();
        let mut product = self.uniform();
        while product > limit {
            count += 1;
            product *= self.uniform();
        }
        count
    }
}

fn split_mix(state: &mut u64) -> u64 {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mut z = *state;
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
