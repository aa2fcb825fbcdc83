//! Reproducible random numbers: ChaCha8 streams, the same on every platform (logarithms and powers come from a
//! library in plain Rust, not from the operating system).

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
        -libm::log(self.uniform())
    }

    /// Gamma with the given shape and rate one; NaN unless shape is positive and finite.
    /// Source: Marsaglia & Tsang 2000, ACM Transactions on Mathematical Software 26:363.
    pub fn gamma(&mut self, shape: f64) -> f64 {
        if !(shape > 0.0 && shape.is_finite()) {
            return f64::NAN;
        }
        if shape < 1.0 {
            let boosted = self.gamma(shape + 1.0);
            return boosted * libm::pow(self.uniform(), 1.0 / shape);
        }
        let d = shape - 1.0 / 3.0;
        let c = 1.0 / (9.0 * d).sqrt();
        loop {
            let x = self.normal();
            let root = 1.0 + c * x;
            let v = root * root * root;
            if v <= 0.0 {
                continue;
            }
            let u = self.uniform();
            if libm::log(u) < 0.5 * x * x + d - d * v + d * libm::log(v) {
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
        let limit = libm::exp(-left);
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

#[cfg(test)]
mod tests {
    use super::*;

    /// First words of three streams, from a separate program that follows the definition of ChaCha with 8 rounds.
    #[test]
    fn golden_words() {
        let golden = [
            (
                0,
                0,
                [
                    0xbf94_d133_2d8e_e5e8,
                    0x3a73_8775_a6da_5a01,
                    0x3d46_ff10_c143_ee06,
                ],
            ),
            (
                42,
                7,
                [
                    0x350c_1ab0_8887_77d6,
                    0x7893_117c_8e0c_49cb,
                    0x6410_ac65_7b34_6f92,
                ],
            ),
            (
                2024,
                (1 << 40) + 3,
                [
                    0x4382_f70e_32ce_203f,
                    0xcaa3_7d50_5f22_fa43,
                    0x9665_3a3f_501b_3e3c,
                ],
            ),
        ];
        for (seed, stream, words) in golden {
            let mut s = Stream::new(seed, stream);
            assert_eq!([s.bits(), s.bits(), s.bits()], words);
        }
    }

    /// The numbers derived from the words: a change here changes every simulation.
    #[test]
    fn golden_values() {
        let mut s = Stream::new(42, 7);
        let drawn = [
            s.uniform(),
            s.normal(),
            s.gamma(2.5),
            s.gamma(0.3),
            s.student_t(4.0),
            s.beta(2.0, 3.0),
        ];
        let counts = [
            s.below(1000),
            s.binomial(500, 0.3),
            s.poisson(90.0),
            s.binomial(10, 0.5),
            s.poisson(3.0),
        ];
        let mut order = [0, 1, 2, 3, 4, 5, 6, 7];
        s.shuffle(&mut order);
        assert_eq!(
            drawn,
            [
                0.20721594629188,
                -0.07277122601611483,
                1.7839394294165143,
                0.00575872825323322,
                -0.7472274830191344,
                0.5138053410744761
            ]
        );
        assert_eq!(counts, [651, 143, 97, 6, 4]);
        assert_eq!(order, [1, 2, 6, 5, 0, 3, 7, 4]);
    }

    /// Mean and variance of n draws against theory, within five standard errors.
    #[test]
    fn moments() {
        let n = 40_000;
        let check = |name: &str, mean: f64, variance: f64, draw: &mut dyn FnMut() -> f64| {
            let (mut sum, mut square) = (0.0, 0.0);
            for _ in 0..n {
                let d = draw() - mean;
                sum += d;
                square += d * d;
            }
            let (m, v) = (sum / f64::from(n), square / f64::from(n));
            assert!(
                m.abs() < 5.0 * (variance / f64::from(n)).sqrt(),
                "{name}: mean off by {m}"
            );
            assert!(
                (v / variance - 1.0).abs() < 0.08,
                "{name}: variance {v}, not {variance}"
            );
        };
        let mut s = Stream::new(1, 1);
        check("uniform", 0.5, 1.0 / 12.0, &mut || s.uniform());
        check("normal", 0.0, 1.0, &mut || s.normal());
        check("exponential", 1.0, 1.0, &mut || s.exponential());
        for shape in [0.3, 1.0, 7.5] {
            check("gamma", shape, shape, &mut || s.gamma(shape));
        }
        check("chi-squared", 5.0, 10.0, &mut || s.chi_squared(5.0));
        check("beta", 0.4, 0.04, &mut || s.beta(2.0, 3.0));
        check("t", 0.0, 12.0 / 10.0, &mut || s.student_t(12.0));
        for (n, p) in [(7, 0.2), (60, 0.5), (100_000, 0.01)] {
            check("binomial", n as f64 * p, n as f64 * p * (1.0 - p), &mut || {
                s.binomial(n, p) as f64
            });
        }
        for mean in [0.5, 12.0, 35.0, 4000.0] {
            check("Poisson", mean, mean, &mut || s.poisson(mean) as f64);
        }
        check("below", 4.5, 8.25, &mut || s.below(10) as f64);
    }

    #[test]
    fn edges() {
        let mut s = Stream::new(3, 0);
        assert_eq!(
            (s.below(0), s.below(1), s.binomial(5, 0.0), s.binomial(5, 1.0)),
            (0, 0, 0, 5)
        );
        assert_eq!(
            (s.binomial(1000, 1.0), s.binomial(1000, f64::NAN), s.poisson(0.0)),
            (1000, 0, 0)
        );
        assert!(s.gamma(-1.0).is_nan() && s.gamma(f64::INFINITY).is_nan() && s.gamma(1e-5) >= 0.0);
        let mut none: [u8; 0] = [];
        s.shuffle(&mut none);
        let (mut low, mut high): (f64, f64) = (1.0, 0.0);
        for _ in 0..100_000 {
            let u = s.uniform();
            (low, high) = (low.min(u), high.max(u));
        }
        assert!(low > 0.0 && high < 1.0);
        assert_ne!(Stream::new(3, 0).bits(), Stream::new(3, 1).bits());
    }
}
