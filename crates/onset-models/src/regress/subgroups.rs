//! Subgroups of studies, and whether their means differ.

use super::{Design, JointTest, RegressError, regress};
use crate::pool::fitted::heterogeneity;
use crate::pool::projection::{Intercept, Projection};
use crate::pool::{Estimate, Method, Options, PoolError, PredictionChoice, QTest, Tau2, Test, pool};
use onset_data::{Diagnostic, Warned};
use onset_effects::Effects;
use onset_math::chi_squared;
use std::collections::BTreeMap;

/// Whether subgroups share one between-study variance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum SubgroupTau2 {
    /// One tau2 estimated within all subgroups: steadier when they are small.
    #[default]
    Common,
    /// Each its own.
    Separate,
}

/// The mean of one subgroup.
#[derive(Debug, Clone, PartialEq)]
pub struct Subgroup {
    /// Its level.
    pub level: String,
    /// Studies in it.
    pub k: usize,
    /// Mean on the analysis scale.
    pub mean: Estimate,
    /// The test used.
    pub test: Test,
    /// Between-study variance, its own or the common one.
    pub tau2: Tau2,
    /// I2 in percent.
    pub i2: f64,
    /// H2.
    pub h2: f64,
    /// Cochran's Q within it.
    pub q: QTest,
}

/// Subgroups and the test between them.
#[derive(Debug, Clone, PartialEq)]
pub struct Subgroups {
    /// In byte order of their levels.
    pub groups: Vec<Subgroup>,
    /// Whether tau2 is common or separate.
    pub tau2: SubgroupTau2,
    /// Test that all subgroups have one mean; `None` with a single subgroup.
    pub between: Option<JointTest>,
}

/// Pools each subgroup and tests the difference between them.
///
/// # Formula
/// Separate tau2: Q = sum (m_g - m)^2 / se_g^2 against chi-squared with G - 1 df, se_g as reported for
/// each mean. Common tau2: the Wald or F test of the meta-regression on the subgroups.
/// # Inputs
/// `levels`: one a study, in the order of `effects`.
/// # Errors
/// `UnequalLengths`; those of [`pool`] and [`regress`].
/// # Source
/// Borenstein et al. 2021, Introduction to Meta-Analysis, chapter on subgroup analyses.
pub fn subgroups(
    effects: &Effects,
    levels: &[String],
    options: &Options,
    tau2: SubgroupTau2,
) -> Result<Warned<Subgroups>, RegressError> {
    if levels.len() != effects.k() {
        let (what, found) = ("subgroup levels", levels.len());
        return Err(PoolError::UnequalLengths {
            what,
            found,
            needed: effects.k(),
        }
        .into());
    }
    let mut members: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (i, level) in levels.iter().enumerate() {
        members.entry(level).or_default().push(i);
    }
    let options = Options {
        tau2_interval: None,
        prediction: PredictionChoice::Omit,
        ..*options
    };
    if tau2 == SubgroupTau2::Common && options.method != Method::Common && members.len() > 1 {
        return common(effects, &members, &options);
    }
    separate(effects, &members, &options, tau2)
}

fn part(effects: &Effects, rows: &[usize]) -> Result<Effects, RegressError> {
    let (y, v) = (effects.y(), effects.v());
    let labels = rows.iter().map(|&i| effects.labels()[i].clone()).collect();
    Effects::new(
        rows.iter().map(|&i| y[i]).collect(),
        rows.iter().map(|&i| v[i]).collect(),
        labels,
    )
    .map_err(|_| {
        PoolError::NotFinite {
            quantity: "an effect",
        }
        .into()
    })
}

fn separate(
    effects: &Effects,
    members: &BTreeMap<&str, Vec<usize>>,
    options: &Options,
    tau2: SubgroupTau2,
) -> Result<Warned<Subgroups>, RegressError> {
    let (mut groups, mut warnings) = (Vec::new(), Vec::new());
    for (&level, rows) in members {
        let pooled = pool(&part(effects, rows)?, options)?;
        warnings.extend(pooled.warnings.into_iter().map(|w| in_subgroup(w, level)));
        let one = pooled.value;
        groups.push(Subgroup {
            level: level.to_owned(),
            k: one.k,
            mean: one.mean,
            test: one.test,
            tau2: one.tau2,
            i2: one.i2,
            h2: one.h2,
            q: one.q,
        });
    }
    let between = between(&groups);
    Ok(Warned {
        value: Subgroups {
            groups,
            tau2,
            between,
        },
        warnings,
    })
}

fn in_subgroup(mut warning: Diagnostic, level: &str) -> Diagnostic {
    warning.message = format!("subgroup '{level}': {}", warning.message);
    warning
}

fn between(groups: &[Subgroup]) -> Option<JointTest> {
    if groups.len() < 2 {
        return None;
    }
    let weight = |g: &Subgroup| 1.0 / (g.mean.standard_error * g.mean.standard_error);
    let sum: f64 = groups.iter().map(weight).sum();
    let mean = groups.iter().map(|g| weight(g) * g.mean.estimate).sum::<f64>() / sum;
    let value: f64 = groups
        .iter()
        .map(|g| weight(g) * (g.mean.estimate - mean).powi(2))
        .sum();
    let df = groups.len() as f64 - 1.0;
    value.is_finite().then(|| JointTest {
        value,
        df1: df,
        df2: None,
        p: chi_squared::sf(value, df),
    })
}

fn common(
    effects: &Effects,
    members: &BTreeMap<&str, Vec<usize>>,
    options: &Options,
) -> Result<Warned<Subgroups>, RegressError> {
    let (k, p) = (effects.k(), members.len());
    let mut x = vec![0.0; k * p];
    for (column, rows) in members.values().enumerate() {
        rows.iter().for_each(|&row| x[row * p + column] = 1.0);
    }
    let names = members.keys().map(|&level| level.to_owned()).collect();
    let fit = regress(effects, &Design::new(names, x, false)?, options)?;
    let regression = fit.value;
    let contrast = |i: usize| {
        let mut c = vec![0.0; p];
        (c[0], c[i]) = (-1.0, 1.0);
        c
    };
    let contrasts: Vec<Vec<f64>> = (1..p).map(contrast).collect();
    let between = regression.joint_test(&contrasts)?;
    let mut groups = Vec::new();
    for ((level, rows), coefficient) in members.iter().zip(&regression.coefficients) {
        let one = part(effects, rows)?;
        let (mut i2, mut h2) = (0.0, 1.0);
        let mut q = QTest {
            value: 0.0,
            df: 0.0,
            p: 1.0,
        };
        if one.k() > 1 {
            let mut projection = Projection::Intercept(Intercept::new(one.y(), one.v(), None));
            let (forms, df) = (projection.forms(0.0), projection.df());
            (i2, h2) = heterogeneity(options.method, regression.tau2.value, &forms, df);
            q = QTest {
                value: forms.q,
                df,
                p: chi_squared::sf(forms.q, df),
            };
        }
        groups.push(Subgroup {
            level: (*level).to_owned(),
            k: one.k(),
            mean: coefficient.estimate,
            test: regression.test,
            tau2: regression.tau2.clone(),
            i2,
            h2,
            q,
        });
    }
    let value = Subgroups {
        groups,
        tau2: SubgroupTau2::Common,
        between,
    };
    Ok(Warned {
        value,
        warnings: fit.warnings,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pool::Tau2Method;

    fn effects() -> (Effects, Vec<String>) {
        let y = vec![0.1, 0.5, 0.9, 1.4, 0.2, 1.1, 0.7];
        let v = vec![0.05, 0.02, 0.08, 0.03, 0.04, 0.06, 0.05];
        let levels = ["a", "a", "b", "b", "a", "b", "a"].map(str::to_owned).to_vec();
        (Effects::new(y, v, levels.clone()).unwrap(), levels)
    }

    #[test]
    fn separate_groups_are_their_own_pools() {
        let (effects, levels) = effects();
        let options = Options::random(Tau2Method::Reml).with_test(Test::Z);
        let found = subgroups(&effects, &levels, &options, SubgroupTau2::Separate)
            .unwrap()
            .value;
        assert_eq!(found.groups.len(), 2);
        assert_eq!(found.groups[0].k, 4);
        let b = part(&effects, &[2, 3, 5]).unwrap();
        assert_eq!(found.groups[1].mean, pool(&b, &options).unwrap().value.mean);
        // two groups: Q is the squared z of the difference
        let [a, b] = [&found.groups[0].mean, &found.groups[1].mean];
        let z = (b.estimate - a.estimate) / a.standard_error.hypot(b.standard_error);
        assert!((found.between.unwrap().value - z * z).abs() < 1e-12 * z * z);
    }

    #[test]
    fn common_tau2_is_the_regression_on_the_factor() {
        let (effects, levels) = effects();
        let options = Options::random(Tau2Method::Reml).with_test(Test::Knha);
        let found = subgroups(&effects, &levels, &options, SubgroupTau2::Common)
            .unwrap()
            .value;
        let dummy: Vec<f64> = levels.iter().map(|l| f64::from(u8::from(l == "b"))).collect();
        let fit = regress(&effects, &Design::numeric(&[("b", &dummy)]).unwrap(), &options)
            .unwrap()
            .value;
        let (ours, theirs) = (found.between.unwrap(), fit.moderators.unwrap());
        assert!((ours.value - theirs.value).abs() < 1e-10 * theirs.value);
        assert_eq!(ours.df2, theirs.df2);
        assert!((found.groups[0].tau2.value - fit.tau2.value).abs() < 1e-12);
    }

    #[test]
    fn one_group_has_no_test() {
        let (effects, _) = effects();
        let levels = vec!["x".to_owned(); 7];
        for tau2 in [SubgroupTau2::Common, SubgroupTau2::Separate] {
            let found = subgroups(&effects, &levels, &Options::default(), tau2)
                .unwrap()
                .value;
            assert_eq!((found.groups.len(), found.between), (1, None));
        }
    }
}
