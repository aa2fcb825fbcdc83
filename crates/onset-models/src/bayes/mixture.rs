//! A finite mixture of normal distributions: its distribution function, quantiles and shortest interval.

use onset_math::normal;

/// Weight below which a component is left out.
const NEGLIGIBLE: f64 = 1e-13;
/// Steps of an iteration.
const STEPS: usize = 80;
/// Change, in units of the interval, at which an iteration has arrived.
const ARRIVED: f64 = 1e-9;
/// The same for a quantile, in units of the narrowest component: its steps leave an error of about their cube.
const ARRIVED_CUBED: f64 = 3e-5;

/// Weights that sum to 1, means and standard deviations.
#[derive(Debug, Clone)]
pub(super) struct Mixture {
    parts: Vec<(f64, f64, f64)>,
    /// Index of the component at half of the weight.
    middle: usize,
}

/// Lower tail, density and its slope at a point.
#[derive(Debug, Clone, Copy)]
struct At {
    below: f64,
    above: f64,
    density: f64,
    slope: f64,
}

impl Mixture {
    /// Components (weight, mean, standard deviation > 0).
    pub fn new(parts: impl Iterator<Item = (f64, f64, f64)>) -> Self {
        let parts: Vec<_> = parts.filter(|part| part.0 > NEGLIGIBLE).collect();
        let total: f64 = parts.iter().map(|part| part.0).sum();
        let mut sum = 0.0;
        let middle = parts.iter().position(|part| {
            sum += part.0;
            sum >= 0.5 * total
        });
        Mixture {
            middle: middle.unwrap_or(0),
            parts,
        }
    }

    fn at(&self, x: f64) -> At {
        let mut at = At {
            below: 0.0,
            above: 0.0,
            density: 0.0,
            slope: 0.0,
        };
        for &(weight, mean, sd) in &self.parts {
            let z = (x - mean) / sd;
            let density = weight * (-0.5 * z * z).exp() / sd;
            at.density += density;
            at.slope -= density * z / sd;
            let tail = weight * normal::sf(z.abs());
            if z > 0.0 {
                at.above += tail;
                at.below += weight - tail;
            } else {
                at.below += tail;
                at.above += weight - tail;
            }
        }
        at.density *= ROOT;
        at.slope *= ROOT;
        at
    }

    /// P(X > x).
    pub fn above(&self, x: f64) -> f64 {
        self.at(x).above
    }

    /// P(X < x).
    pub fn below(&self, x: f64) -> f64 {
        self.at(x).below
    }

    /// The x with P(X <= x) = p.
    pub fn quantile(&self, p: f64) -> f64 {
        let z = normal::quantile(p);
        let Some(&(_, mean, sd)) = self.parts.get(self.middle) else {
            return f64::NAN;
        };
        let (mut lo, mut hi) = (f64::INFINITY, f64::NEG_INFINITY);
        let mut narrowest = sd;
        for &(_, mean, sd) in &self.parts {
            narrowest = narrowest.min(sd);
            let q = mean + z * sd;
            lo = lo.min(q);
            hi = hi.max(q);
        }
        let mut x = mean + z * sd;
        for _ in 0..STEPS {
            let at = self.at(x);
            let excess = if p > 0.5 {
                (1.0 - p) - at.above
            } else {
                at.below - p
            };
            if excess > 0.0 {
                hi = x;
            } else {
                lo = x;
            }
            // Halley's step: the slope of the density is at hand
            let newton = excess / at.density;
            let mut next = x - newton / (1.0 - 0.5 * newton * at.slope / at.density);
            let inside = (lo..=hi).contains(&next);
            if !inside {
                // a heavy tail: outwards in steps that double before halving an endless bracket
                let reach = 2.0 * (x - mean).abs().max(sd);
                next = if excess > 0.0 { x - reach } else { x + reach };
                if !(next > lo && next < hi) {
                    next = 0.5 * (lo + hi);
                }
            }
            let step = (next - x).abs();
            x = next;
            // a short step along a steep slope or in a bracket is not yet an arrival
            if step <= ARRIVED * sd || (inside && newton.abs() <= ARRIVED_CUBED * narrowest) {
                break;
            }
        }
        x
    }

    /// The shortest interval that holds the share `level`, from the central one.
    ///
    /// Newton's method on f(l) = f(u), F(u) - F(l) = level.
    pub fn shortest(&self, level: f64, central: (f64, f64)) -> (f64, f64) {
        let (mut l, mut u) = central;
        for _ in 0..STEPS {
            let (a, b) = (self.at(l), self.at(u));
            let uneven = a.density - b.density;
            let lacking = (1.0 - level) - a.below - b.above;
            let determinant = a.slope * b.density - b.slope * a.density;
            let dl = -(uneven * b.density + b.slope * lacking) / determinant;
            let du = -(a.slope * lacking + a.density * uneven) / determinant;
            let width = u - l;
            let limit = 0.25 * width;
            let (dl, du) = (dl.clamp(-limit, limit), du.clamp(-limit, limit));
            if !(dl.is_finite() && du.is_finite()) {
                break;
            }
            l += dl;
            u += du;
            if dl.abs().max(du.abs()) <= ARRIVED * width {
                if a.slope >= 0.0 && b.slope <= 0.0 {
                    return (l, u);
                }
                break;
            }
        }
        self.shortest_by_search(level)
    }

    /// The same by a search over the mass below the interval.
    fn shortest_by_search(&self, level: f64) -> (f64, f64) {
        let spare = 1.0 - level;
        let length = |p: f64| self.quantile(p + level) - self.quantile(p);
        let found = onset_math::minimize::brent(length, 1e-6 * spare, (1.0 - 1e-6) * spare, 1e-10);
        (self.quantile(found.x), self.quantile(found.x + level))
    }
}

/// 1/sqrt(2 pi).
const ROOT: f64 = 0.398_942_280_401_432_7;

#[cfg(test)]
mod tests {
    use super::Mixture;

    #[test]
    fn one_component_is_the_normal_distribution() {
        let one = Mixture::new([(1.0, 2.0, 0.5)].into_iter());
        assert!((one.quantile(0.975) - 2.979_981_992_270_027).abs() < 1e-9);
        let (l, u) = one.shortest(0.95, (one.quantile(0.025), one.quantile(0.975)));
        assert!((l - 1.020_018_007_729_973).abs() < 1e-9 && (u - 2.979_981_992_270_027).abs() < 1e-9);
        assert!((one.above(2.0) - 0.5).abs() < 1e-15 && (one.below(2.0) - 0.5).abs() < 1e-15);
    }

    #[test]
    fn a_quantile_has_its_share_below_it_however_unlike_the_components_are() {
        let spreads = [1e-6, 1e-3, 0.2, 1.0, 40.0, 3e4];
        for narrow in spreads {
            for weight in [0.03, 0.5, 0.97] {
                let parts = [(weight, 0.3, narrow), (1.0 - weight, -0.5, 1.0)];
                let mixture = Mixture::new(parts.into_iter());
                for p in [1e-4, 0.025, 0.2, 0.5, 0.7, 0.975, 0.9999] {
                    let found = mixture.below(mixture.quantile(p));
                    assert!((found - p).abs() < 1e-8, "{narrow} {weight} {p}: {found}");
                }
            }
        }
    }
}
