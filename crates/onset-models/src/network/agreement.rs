//! Whether the contrasts of a study of several arms add up, and which of them does not.

use super::error::NetworkError;
use onset_data::Diagnostic;

/// Share of the largest estimate of a study by which its contrasts may disagree (rounding).
const ESTIMATE_TOLERANCE: f64 = 0.01;
/// Share of a standard error by which it may disagree with the study's others (rounding).
const ERROR_TOLERANCE: f64 = 0.1;
/// Disagreement that is no more than arithmetic.
const EXACT: f64 = 1e-7;
/// Two contrasts that miss the others alike: the larger is named.
const TIE: f64 = 1e-9;

/// A study of several arms: estimates and variances of all ordered pairs of its arms.
pub(crate) struct Agreement<'a> {
    pub(crate) label: &'a str,
    /// Names of the arms.
    pub(crate) arms: Vec<&'a str>,
    /// Row minus column, and its variance.
    pub(crate) full: &'a [Vec<(f64, f64)>],
}

impl Agreement<'_> {
    fn pairs(&self) -> impl Iterator<Item = (usize, usize)> {
        let n = self.arms.len();
        (0..n).flat_map(move |i| (i + 1..n).map(move |j| (i, j)))
    }

    fn others(&self, i: usize, j: usize) -> impl Iterator<Item = usize> {
        (0..self.arms.len()).filter(move |&o| o != i && o != j)
    }

    /// i minus j from every contrast but i-j: the least-squares estimate on a complete graph without one
    /// edge, which is the mean of the detours over each other arm.
    fn detour(&self, i: usize, j: usize) -> f64 {
        let n = self.arms.len() as f64;
        let sum: f64 = self
            .others(i, j)
            .map(|o| self.full[i][o].0 + self.full[o][j].0)
            .sum();
        sum / (n - 2.0)
    }

    /// Variances of i-j that the other contrasts allow: of three arms an interval, of more a number, the
    /// mean of v_io + v_jp - v_op over the other arms.
    fn variances(&self, i: usize, j: usize) -> (f64, f64) {
        if self.arms.len() == 3 {
            let o = 3 - i - j;
            let (a, b) = (self.full[i][o].1, self.full[j][o].1);
            return ((a - b).abs(), a + b);
        }
        let (mut sum, mut count) = (0.0, 0.0);
        for o in self.others(i, j) {
            for p in self.others(i, j).filter(|&p| p != o) {
                sum += self.full[i][o].1 + self.full[j][p].1 - self.full[o][p].1;
                count += 1.0;
            }
        }
        let mean = (sum / count).max(0.0);
        (mean, mean)
    }

    /// The contrast that disagrees with the others: one whose sign, swapped, would agree, else the
    /// one furthest from them.
    fn disputed(&self, scale: f64) -> (usize, usize, bool) {
        let mut worst = (0.0, 0, 1);
        for (i, j) in self.pairs() {
            let (found, others) = (self.full[i][j].0, self.detour(i, j));
            let rest = (found - others).abs();
            let tolerance = ESTIMATE_TOLERANCE * scale;
            if (found + others).abs() <= tolerance && rest > tolerance {
                return (i, j, true);
            }
            let tie =
                (rest - worst.0).abs() <= TIE * scale && found.abs() > self.full[worst.1][worst.2].0.abs();
            if rest > worst.0 + TIE * scale || tie {
                worst = (rest, i, j);
            }
        }
        (worst.1, worst.2, false)
    }

    /// Estimates against the levels they were projected on (arm 0 at 0).
    ///
    /// # Errors
    /// `EstimatesDisagree`.
    pub(crate) fn estimates(
        &self,
        levels: &[f64],
        warnings: &mut Vec<Diagnostic>,
    ) -> Result<(), NetworkError> {
        let level = |i: usize| if i == 0 { 0.0 } else { levels[i - 1] };
        let scale = self.full.iter().flatten().map(|e| e.0.abs()).fold(0.0, f64::max);
        let mut worst = (0.0, 0, 1);
        for (i, j) in self.pairs() {
            let rest = (self.full[i][j].0 - (level(i) - level(j))).abs();
            if rest > worst.0 {
                worst = (rest, i, j);
            }
        }
        let (rest, i, j) = worst;
        if rest > ESTIMATE_TOLERANCE * scale {
            let (i, j, swapped) = self.disputed(scale);
            return Err(NetworkError::EstimatesDisagree {
                study: self.label.to_owned(),
                arms: self.arms.join(", "),
                a: self.arms[i].to_owned(),
                b: self.arms[j].to_owned(),
                found: self.full[i][j].0,
                expected: self.detour(i, j),
                swapped,
            });
        }
        if rest > EXACT * scale {
            warnings.push(
                Diagnostic::warning(
                    "multi_arm_rounding",
                    format!(
                        "Study '{}': its contrasts disagree by up to {rest:.2e} ({} v {}), as after rounding; they were reconciled",
                        self.label, self.arms[i], self.arms[j]
                    ),
                )
                .study(self.label),
            );
        }
        Ok(())
    }

    /// Standard errors against sums over arms.
    ///
    /// # Errors
    /// `ErrorsDisagree`.
    pub(crate) fn standard_errors(&self, warnings: &mut Vec<Diagnostic>) -> Result<(), NetworkError> {
        let n = self.arms.len() as f64;
        let sums: Vec<f64> = self
            .full
            .iter()
            .map(|row| row.iter().map(|e| e.1).sum())
            .collect();
        let total = sums.iter().sum::<f64>() / 2.0;
        let arm: Vec<f64> = sums
            .iter()
            .map(|s| ((s - total / (n - 1.0)) / (n - 2.0)).max(0.0))
            .collect();
        let mut worst = (0.0, 0, 1);
        for (i, j) in self.pairs() {
            let found = self.full[i][j].1.sqrt();
            let rest = (found - (arm[i] + arm[j]).sqrt()).abs() / found;
            if rest > worst.0 {
                worst = (rest, i, j);
            }
        }
        let (rest, i, j) = worst;
        if rest > ERROR_TOLERANCE {
            return Err(self.errors_disagree());
        }
        if rest > EXACT {
            warnings.push(
                Diagnostic::warning(
                    "multi_arm_rounding",
                    format!(
                        "Study '{}': the standard error of {} v {} is {:.2} % off what its others imply, as after rounding",
                        self.label, self.arms[i], self.arms[j], 100.0 * rest
                    ),
                )
                .study(self.label),
            );
        }
        Ok(())
    }

    /// Names the standard error furthest from what the others allow.
    pub(crate) fn errors_disagree(&self) -> NetworkError {
        let scale = self.full.iter().flatten().map(|e| e.1).fold(0.0, f64::max);
        let mut worst = (f64::NEG_INFINITY, 0, 1);
        for (i, j) in self.pairs() {
            let (low, high) = self.variances(i, j);
            let found = self.full[i][j].1;
            let rest = (found - high).max(low - found);
            let tie = (rest - worst.0).abs() <= TIE * scale && found > self.full[worst.1][worst.2].1;
            if rest > worst.0 + TIE * scale || tie {
                worst = (rest, i, j);
            }
        }
        let (_, i, j) = worst;
        let (low, high) = self.variances(i, j);
        NetworkError::ErrorsDisagree {
            study: self.label.to_owned(),
            arms: self.arms.join(", "),
            a: self.arms[i].to_owned(),
            b: self.arms[j].to_owned(),
            found: self.full[i][j].1.sqrt(),
            lowest: low.sqrt(),
            highest: high.sqrt(),
        }
    }
}
