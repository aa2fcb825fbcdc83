//! Likelihood-ratio tests.

use super::MultilevelError;
use super::fit::Multilevel;
use super::maximise::maximise;
use super::model::{Likelihood, Model};
use onset_math::chi_squared;
use serde::Serialize;

/// A likelihood-ratio test of a larger against a smaller model.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LikelihoodRatio {
    /// What the larger model has more; the random effect that is left out.
    pub name: String,
    /// Twice the difference of the log-likelihoods.
    pub statistic: f64,
    /// Difference in parameters.
    pub df: f64,
    /// p-value by chi-squared with `df`.
    pub p: f64,
    /// p-value for a single variance, whose null lies at the boundary: half of `p`.
    pub p_boundary: Option<f64>,
}

/// Compares `larger` with `smaller`, a special case of it.
///
/// # Formula
/// 2 (l_larger - l_smaller), chi-squared with the difference in parameters; for one variance the null is a mixture
/// of half a point at 0 and half a chi-squared with 1 df.
/// # Errors
/// `NotComparable`: other effects, other likelihoods, REML with other moderators, or no parameter more.
/// # Source
/// Self & Liang 1987, JASA 82:605; Stram & Lee 1994, Biometrics 50:1171.
pub fn likelihood_ratio(
    larger: &Multilevel,
    smaller: &Multilevel,
) -> Result<LikelihoodRatio, MultilevelError> {
    let no = |reason| Err(MultilevelError::NotComparable { reason });
    if larger.model.y != smaller.model.y {
        return no("they are fits of other effects");
    }
    if larger.method != smaller.method {
        return no("one is by REML, the other by ML");
    }
    if larger.method == Likelihood::Reml && larger.model.design != smaller.model.design {
        return no("REML likelihoods of other moderators are not on one scale; use ML");
    }
    let extra = |fit: &Multilevel| fit.p + fit.model.q();
    if extra(larger) <= extra(smaller) {
        return no("the larger one has no parameter more");
    }
    let df = (extra(larger) - extra(smaller)) as f64;
    let single = larger.p == smaller.p && df == 1.0;
    Ok(test("", larger.loglik() - smaller.loglik(), df, single))
}

impl Multilevel {
    /// Tests each random effect against the model without it, which is fitted anew.
    ///
    /// # Errors
    /// `NotFinite`.
    pub fn random_tests(&self) -> Result<Vec<LikelihoodRatio>, MultilevelError> {
        let mut tests = Vec::new();
        for (index, effect) in self.model.random.iter().enumerate() {
            let mut random = self.model.random.clone();
            random.remove(index);
            let model = Model::new(
                &self.model.y,
                &self.model.design,
                self.model.sampling.clone(),
                random,
            )?;
            let found = maximise(&model, self.method).ok_or(MultilevelError::NotFinite {
                quantity: "the log-likelihood",
            })?;
            let smaller = found.point.value + model.constant(self.method);
            let df = self.model.shapes[index].parameters();
            let name = effect.name();
            tests.push(test(name, self.loglik() - smaller, df as f64, df == 1));
        }
        Ok(tests)
    }
}

fn test(name: &str, difference: f64, df: f64, single: bool) -> LikelihoodRatio {
    let statistic = (2.0 * difference).max(0.0);
    let p = chi_squared::sf(statistic, df);
    LikelihoodRatio {
        name: name.to_owned(),
        statistic,
        df,
        p,
        p_boundary: single.then_some(if statistic > 0.0 { 0.5 * p } else { 1.0 }),
    }
}
