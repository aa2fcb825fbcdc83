//! Departure from Hardy-Weinberg equilibrium.

use crate::check::{not_negative, undefined};
use crate::{Effect, EffectError, Input};

/// Checked genotype counts: homozygous, heterozygous, the other homozygous.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Genotypes {
    /// Homozygous for the first allele.
    pub a: f64,
    /// Heterozygous.
    pub b: f64,
    /// Homozygous for the second allele.
    pub c: f64,
}

impl Genotypes {
    /// Checks and keeps the counts.
    ///
    /// # Errors
    /// `Negative`.
    pub fn new(a: f64, b: f64, c: f64) -> Result<Genotypes, EffectError> {
        Ok(Genotypes {
            a: not_negative(Input::Ai, a)?,
            b: not_negative(Input::Bi, b)?,
            c: not_negative(Input::Ci, c)?,
        })
    }

    /// The same with `add` in every cell.
    #[must_use]
    pub fn plus(self, add: f64) -> Genotypes {
        Genotypes {
            a: self.a + add,
            b: self.b + add,
            c: self.c + add,
        }
    }

    /// Whether a genotype is absent.
    pub fn has_zero(&self) -> bool {
        [self.a, self.b, self.c].contains(&0.0)
    }
}

/// Log relative excess heterozygosity: y = ln b - ln(4ac)/2, v = 1/(4a) + 1/b + 1/(4c).
///
/// # Errors
/// `Undefined` when a genotype is absent.
///
/// # Source
/// Ziegler, Steen & Wellek 2011, Breast Cancer Res Treat 128:197.
pub fn excess_heterozygosity(g: Genotypes) -> Result<Effect, EffectError> {
    if g.has_zero() {
        return undefined("a genotype is absent");
    }
    let y = g.b.ln() - (g.a.ln() + g.c.ln()) / 2.0 - 2.0_f64.ln();
    Effect::finite(y, 0.25 / g.a + 1.0 / g.b + 0.25 / g.c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equilibrium_is_zero() {
        // Allele frequency 1/3 among 9: 1, 4, 4.
        let e = excess_heterozygosity(Genotypes::new(1.0, 4.0, 4.0).unwrap()).unwrap();
        assert!(e.y.abs() < 1e-15 && (e.v - (0.25 + 0.25 + 0.0625)).abs() < 1e-15);
    }
}
