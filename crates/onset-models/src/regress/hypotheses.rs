//! Chosen coefficients: by name, term or position; their tests and their variance inflation.

use super::{Design, DesignError, JointTest, RegressError, Regression};
use onset_math::linalg::{Cholesky, Matrix};
use serde::Serialize;
use std::collections::BTreeSet;

/// How far the variance of coefficients is inflated by the other moderators.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Inflation {
    /// Name of the coefficient, or the term as written.
    pub name: String,
    /// Coefficients in it, m.
    pub m: usize,
    /// Generalised variance inflation factor; for one coefficient the plain one.
    pub gvif: f64,
    /// Its 2m-th root: the inflation of a standard error.
    pub gsif: f64,
}

impl Design {
    /// The coefficients that a word names, ascending: a coefficient, a term as written (`factor(a)`), the
    /// column of a term, a position from 1 with the intercept counted, or a range of positions `2:4`.
    ///
    /// # Errors
    /// `UnknownCoefficient`.
    ///
    /// ```
    /// use onset_models::regress::Design;
    /// let design = Design::numeric(&[("dose", &[1.0, 2.0, 4.0]), ("age", &[3.0, 1.0, 2.0])]).unwrap();
    /// assert_eq!(design.coefficients("age").unwrap(), [2]);
    /// assert_eq!(design.coefficients("2:3").unwrap(), [1, 2]);
    /// assert!(design.coefficients("4").is_err());
    /// ```
    pub fn coefficients(&self, word: &str) -> Result<Vec<usize>, DesignError> {
        let word = word.trim();
        if let Some(i) = self.names().iter().position(|name| name == word) {
            return Ok(vec![i]);
        }
        let written = |t: &&super::TermColumns| t.name == word;
        let alone = |t: &&super::TermColumns| t.column.as_deref() == Some(word);
        let term = self.terms().iter().find(written);
        if let Some(term) = term.or_else(|| self.terms().iter().find(alone)) {
            return Ok(term.columns.clone().collect());
        }
        let position = |text: &str| text.trim().parse().ok().filter(|n| (1..=self.p()).contains(n));
        let (first, last) = word.split_once(':').unwrap_or((word, word));
        match (position(first), position(last)) {
            (Some(first), Some(last)) if first <= last => Ok((first - 1..last).collect()),
            _ => Err(DesignError::UnknownCoefficient {
                found: word.to_owned(),
                names: self.names().join(", "),
                last: self.p(),
            }),
        }
    }

    /// The coefficients of several words, each once, ascending.
    ///
    /// # Errors
    /// `UnknownCoefficient`.
    pub fn chosen(&self, words: &str) -> Result<Vec<usize>, DesignError> {
        let mut all = BTreeSet::new();
        // a term such as `rcs3(a)` or a level with a comma in it is one word
        let parts: Vec<&str> = match self.coefficients(words) {
            Ok(_) => vec![words],
            Err(_) => words.split(',').collect(),
        };
        for word in parts {
            all.extend(self.coefficients(word)?);
        }
        Ok(all.into_iter().collect())
    }

    /// The linear hypothesis `a=1,b=-1`: the factor of every coefficient.
    ///
    /// # Errors
    /// `UnknownCoefficient`; `BadHypothesis` where a part is no `name=number`, names several coefficients or
    /// one a second time, or all factors are 0.
    ///
    /// ```
    /// use onset_models::regress::Design;
    /// let design = Design::numeric(&[("dose", &[1.0, 2.0, 4.0]), ("age", &[3.0, 1.0, 2.0])]).unwrap();
    /// assert_eq!(design.hypothesis("age=1,dose=-1").unwrap(), [0.0, -1.0, 1.0]);
    /// ```
    pub fn hypothesis(&self, text: &str) -> Result<Vec<f64>, DesignError> {
        let bad = |part: &str| DesignError::BadHypothesis {
            part: part.to_owned(),
        };
        let mut row = vec![0.0; self.p()];
        let mut seen = BTreeSet::new();
        for part in text.split(',') {
            let (name, number) = part.rsplit_once('=').ok_or_else(|| bad(part))?;
            let number: f64 = number.trim().parse().map_err(|_| bad(part))?;
            let [column] = self.coefficients(name)?[..] else {
                return Err(bad(part));
            };
            if !(number.is_finite() && seen.insert(column)) {
                return Err(bad(part));
            }
            if let Some(factor) = row.get_mut(column) {
                *factor = number;
            }
        }
        if row.iter().all(|factor| *factor == 0.0) {
            return Err(bad(text));
        }
        Ok(row)
    }
}

impl Regression {
    /// Wald test that the coefficients with these indices are all 0: chi-squared under z, F otherwise.
    /// `None` where their covariance is singular.
    ///
    /// # Errors
    /// `BadContrast` for an index beyond the last coefficient.
    pub fn wald_test(&self, columns: &[usize]) -> Result<Option<JointTest>, RegressError> {
        if let Some(&found) = columns.iter().find(|&&c| c >= self.p) {
            return Err(RegressError::BadContrast {
                found: found + 1,
                needed: self.p,
            });
        }
        let unit = |i: usize| (0..self.p).map(|j| f64::from(u8::from(i == j))).collect();
        let rows: Vec<Vec<f64>> = columns.iter().map(|&c| unit(c)).collect();
        self.joint_test(&rows)
    }

    /// Variance inflation of every coefficient but the intercept: (R^-1)_jj, R their correlation matrix.
    /// Empty when they cannot be told apart.
    ///
    /// # Source
    /// Belsley, Kuh & Welsch 1980, Regression Diagnostics, section 3.2.
    pub fn inflation(&self) -> Vec<Inflation> {
        let first = usize::from(self.has_intercept);
        let each = (first..self.p).map(|j| (self.coefficients[j].name.clone(), vec![j - first]));
        self.inflated(each.collect())
    }

    /// Generalised variance inflation of every term with several coefficients.
    ///
    /// # Formula
    /// |R11| |R22| / |R|: R the correlation matrix of all coefficients but the intercept, R11 that of the
    /// term's, R22 that of the others.
    /// # Source
    /// Fox & Monette 1992, J Am Stat Assoc 87:178.
    pub fn term_inflation(&self) -> Vec<Inflation> {
        let first = usize::from(self.has_intercept);
        let several = self.terms.iter().filter(|t| t.columns.len() > 1);
        let sets = several.map(|t| (t.name.clone(), t.columns.clone().map(|j| j - first).collect()));
        self.inflated(sets.collect())
    }

    /// |R11| |(R^-1)_11| for sets of coefficients, counted without the intercept: |R22|/|R| is the determinant
    /// of the block of the inverse.
    fn inflated(&self, sets: Vec<(String, Vec<usize>)>) -> Vec<Inflation> {
        let correlation = self.correlation();
        let Some(inverse) = Cholesky::new(&correlation).map(|factor| factor.inverse()) else {
            return Vec::new();
        };
        let one = |(name, set): (String, Vec<usize>)| {
            let gvif = determinant(&correlation, &set)? * determinant(&inverse, &set)?;
            gvif.is_finite().then(|| Inflation {
                name,
                m: set.len(),
                gvif,
                gsif: gvif.powf(0.5 / set.len() as f64),
            })
        };
        sets.into_iter().filter_map(one).collect()
    }

    /// Correlations of all coefficients but the intercept.
    fn correlation(&self) -> Matrix {
        let first = usize::from(self.has_intercept);
        let q = self.p - first;
        let at = |i: usize, j: usize| self.covariance.at(i + first, j + first);
        let mut correlation = Matrix::zeros(q, q);
        for i in 0..q {
            for j in 0..q {
                correlation[(i, j)] = if i == j {
                    1.0
                } else {
                    at(i, j) / (at(i, i).sqrt() * at(j, j).sqrt())
                };
            }
        }
        correlation
    }
}

/// Determinant of the block of `m` with these rows and columns; `None` where it is not positive.
fn determinant(m: &Matrix, set: &[usize]) -> Option<f64> {
    if let [only] = set {
        return Some(m[(*only, *only)]);
    }
    let mut block = Matrix::zeros(set.len(), set.len());
    for (i, &row) in set.iter().enumerate() {
        for (j, &column) in set.iter().enumerate() {
            block[(i, j)] = m[(row, column)];
        }
    }
    Some(Cholesky::new(&block)?.ln_det().exp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::{Options, Test};
    use crate::regress::{Term, regress};
    use onset_effects::Effects;

    /// Closed forms against their terms by hand.
    const ROUNDING: f64 = 1e-12;

    fn example() -> (Effects, Design) {
        let y = vec![0.1, 0.5, 0.4, 1.4, 0.2, 1.1, 0.9, 0.3];
        let v = vec![0.05, 0.02, 0.08, 0.03, 0.04, 0.06, 0.05, 0.07];
        let labels = (1..=8).map(|i| i.to_string()).collect();
        let cells = |name: &str| {
            let cells: &[&str] = match name {
                "dose" => &["1", "2", "3", "5", "1", "4", "2", "2"],
                "route" => &["iv", "im", "iv", "oral", "oral", "im", "iv", "im"],
                _ => return None,
            };
            Some(cells.iter().map(|c| Some((*c).to_owned())).collect())
        };
        let terms: Vec<Term> = ["dose", "factor(route)"]
            .iter()
            .map(|t| Term::parse(t, |_| false).unwrap())
            .collect();
        let rows: Vec<usize> = (0..8).collect();
        let built = Design::build(&terms, true, &rows, cells).unwrap();
        (Effects::new(y, v, labels).unwrap(), built.design)
    }

    #[test]
    fn coefficients_by_name_term_column_and_position() {
        let (_, design) = example();
        assert_eq!(design.names(), ["intercept", "dose", "routeiv", "routeoral"]);
        for word in ["factor(route)", "route", "3:4", "routeiv,routeoral", "4, 3, 4"] {
            assert_eq!(design.chosen(word).unwrap(), [2, 3], "{word}");
        }
        assert_eq!(design.chosen("1").unwrap(), [0]);
        for word in ["0", "5", "3:2", "rout", "", "2:", "dose,"] {
            assert!(design.chosen(word).is_err(), "{word}");
        }
    }

    #[test]
    fn hypotheses_refuse_what_they_cannot_mean() {
        let (_, design) = example();
        assert_eq!(
            design.hypothesis("routeiv=1, routeoral=-1").unwrap(),
            [0.0, 0.0, 1.0, -1.0]
        );
        for text in [
            "route=1",
            "dose",
            "dose=x",
            "dose=0",
            "dose=1,dose=2",
            "dose=inf",
            "",
        ] {
            assert!(design.hypothesis(text).is_err(), "{text}");
        }
    }

    #[test]
    fn one_coefficient_has_the_square_of_its_statistic() {
        let (effects, design) = example();
        let fit = regress(&effects, &design, &Options::default().with_test(Test::Knha))
            .unwrap()
            .value;
        let test = fit.wald_test(&[1]).unwrap().unwrap();
        let t = fit.coefficients[1].estimate;
        assert!((test.value - t.statistic * t.statistic).abs() < ROUNDING * test.value);
        assert!((test.p - t.p).abs() < ROUNDING);
        let all = fit.wald_test(&[1, 2, 3]).unwrap().unwrap();
        assert!((all.value - fit.moderators.unwrap().value).abs() < ROUNDING * all.value);
        assert_eq!(fit.wald_test(&[]).unwrap(), None);
        assert!(fit.wald_test(&[4]).is_err());
    }

    #[test]
    fn a_set_and_its_complement_have_the_same_inflation() {
        let (effects, design) = example();
        let fit = regress(&effects, &design, &Options::default()).unwrap().value;
        let each = fit.inflation();
        assert_eq!(each.len(), 3);
        let terms = fit.term_inflation();
        let [route] = &terms[..] else { panic!("{terms:?}") };
        assert_eq!((route.name.as_str(), route.m), ("factor(route)", 2));
        // the complement is the single coefficient of dose
        assert!((route.gvif - each[0].gvif).abs() < ROUNDING * route.gvif);
        assert!((route.gsif.powi(4) - route.gvif).abs() < ROUNDING * route.gvif);
        assert!(each.iter().all(|one| one.gvif >= 1.0 - ROUNDING));
    }
}
