//! Generalised linear mixed models of counts.

use super::climb::{Problem, State, Top};
use super::setup::{self, Effects, estimable, informative};
use crate::pool::projection::orthonormal;
use crate::pool::{
    Counts, Estimate, Fit, PersonTime, PoolError, QTest, Solution, Tau2, Tau2Interval, Tau2IntervalKind,
    check_level,
};
use crate::regress::{Coefficient, Design, JointTest, RegressError};
use onset_data::{Diagnostic, Warned};
use onset_math::linalg::{Matrix, inverse};
use onset_math::{chi_squared, fisher_f, root};

/// What was counted.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum GlmmData<'a> {
    /// Two groups of people: the effect is a log odds ratio.
    Tables(&'a [Counts]),
    /// Two groups of person-time: a log rate ratio.
    Rates(&'a [PersonTime]),
    /// Events among people of one group: the logit of a proportion.
    Proportions(&'a [(f64, f64)]),
    /// Events in the person-time of one group: a log rate.
    OneRates(&'a [(f64, f64)]),
}

impl GlmmData<'_> {
    /// Rows.
    pub fn len(&self) -> usize {
        match self {
            GlmmData::Tables(rows) => rows.len(),
            GlmmData::Rates(rows) => rows.len(),
            GlmmData::Proportions(rows) | GlmmData::OneRates(rows) => rows.len(),
        }
    }

    /// Whether there are no rows.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether two groups are compared.
    pub fn is_two_group(&self) -> bool {
        matches!(self, GlmmData::Tables(_) | GlmmData::Rates(_))
    }
}

/// How the level of a study is dealt with when two groups are compared. One group has no such choice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum GlmmModel {
    /// Unconditional, a fixed level for each study, group coded +1/2 and -1/2.
    #[default]
    UmFs,
    /// Unconditional, levels normally distributed and independent of the effects.
    UmRs,
    /// Conditional on the total of events: the exact noncentral hypergeometric likelihood (binomial for
    /// person-time).
    CmEl,
    /// Conditional, the hypergeometric approximated by a binomial: for rare events.
    CmAl,
}

impl GlmmModel {
    const TABLE: [(GlmmModel, &'static str); 4] = [
        (GlmmModel::UmFs, "UM.FS"),
        (GlmmModel::UmRs, "UM.RS"),
        (GlmmModel::CmEl, "CM.EL"),
        (GlmmModel::CmAl, "CM.AL"),
    ];

    /// Every model, in the order of the table.
    pub fn all() -> impl Iterator<Item = GlmmModel> {
        Self::TABLE.iter().map(|row| row.0)
    }

    /// The code: `UM.FS`.
    pub fn code(self) -> &'static str {
        Self::TABLE
            .iter()
            .find(|row| row.0 == self)
            .map_or("UM.FS", |row| row.1)
    }

    /// The model with this code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::TABLE.iter().find(|row| row.1 == code).map(|row| row.0)
    }

    pub(super) fn is_unconditional(self) -> bool {
        matches!(self, GlmmModel::UmFs | GlmmModel::UmRs)
    }
}

/// Options of [`glmm`].
///
/// | name | default | meaning |
/// |---|---|---|
/// | `level` | 0.95 | confidence level, in (0, 1) |
/// | `common` | false | one true effect: no tau2 |
/// | `t_quantiles` | false | t with k - p df instead of the normal |
/// | `tau2_interval` | true | profile-likelihood interval of tau2 |
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GlmmOptions {
    /// Confidence level in (0, 1).
    pub level: f64,
    /// One true effect.
    pub common: bool,
    /// t with k - p df instead of the normal.
    pub t_quantiles: bool,
    /// Profile-likelihood interval of tau2.
    pub tau2_interval: bool,
}

impl Default for GlmmOptions {
    fn default() -> Self {
        GlmmOptions {
            level: 0.95,
            common: false,
            t_quantiles: false,
            tau2_interval: true,
        }
    }
}

/// A fitted generalised linear mixed model.
#[derive(Debug, Clone, PartialEq)]
pub struct Glmm {
    /// Studies in the fit.
    pub k: usize,
    /// Their rows.
    pub rows: Vec<usize>,
    /// Coefficients of the effect: log odds ratio, log rate ratio, logit or log rate.
    pub coefficients: Vec<Coefficient>,
    /// Variance of the effects between studies.
    pub tau2: Tau2,
    /// Profile-likelihood interval of it; `None` where the profile has no upper end below tau = 1000.
    pub tau2_interval: Option<Tau2Interval>,
    /// Variance of the levels between studies (UM.RS).
    pub sigma2: Option<f64>,
    /// Likelihood-ratio test of a free effect for each study against the common model; `None` where the studies'
    /// own effects are not estimable together.
    pub q: Option<QTest>,
    /// Likelihood-ratio test of tau2 = 0. The p-value is half the chi-squared tail, because tau2 stands at its
    /// boundary (Self & Liang 1987, J Am Stat Assoc 82:605).
    pub tau2_test: Option<QTest>,
    /// Wald test of the moderators.
    pub moderators: Option<JointTest>,
    /// Likelihood, all constants in.
    pub fit: Fit,
}

/// Fits a generalised linear mixed model by maximum likelihood.
///
/// # Formula
/// Effect of study i: theta_i = x_i'b + tau u_i, u_i standard normal. UM: logit p = level_i +- theta_i/2 in the two
/// groups (log rate with person-time as offset); CM.EL: events of group 1 given all margins, noncentral hypergeometric
/// with log odds ratio theta_i; CM.AL: binomial with logit theta_i + ln(n1/n2). The random effects are integrated out
/// by adaptive Gauss-Hermite quadrature (31 nodes; 21 x 21 for UM.RS).
/// # Inputs
/// `data`: whole numbers; `design`: a row for each row of `data`, `None` for one mean.
/// # Returns
/// The highest of the maxima found from several starts; standard errors from the observed information of all
/// parameters. Studies without events, or without non-events, in both groups carry no information on the effect and
/// are named in a warning.
/// # Errors
/// `TooFewStudies`, `BadLevel`, `BadCount`, `NotWhole`, `EmptyGroup`; `NotEstimable` where a group has no events at
/// all; `Collinear`, `UnequalLengths`.
/// # Source
/// Stijnen, Hamza & Ozdemir 2010, Stat Med 29:3046; Jackson, Law, Stijnen, Viechtbauer & White 2018, Stat Med 37:1059.
/// # When not to use
/// Two or three studies; UM.FS with many studies of a few events each (as many levels as studies).
pub fn glmm(
    data: GlmmData,
    model: GlmmModel,
    design: Option<&Design>,
    options: &GlmmOptions,
) -> Result<Warned<Glmm>, RegressError> {
    check_level(options.level)?;
    setup::check(data)?;
    if let Some(design) = design.filter(|d| d.k() != data.len()) {
        return Err(RegressError::UnequalLengths {
            design: design.k(),
            effects: data.len(),
        });
    }
    let rows = informative(data);
    let model = match (data, model) {
        (GlmmData::Rates(_), GlmmModel::CmAl) => GlmmModel::CmEl,
        _ => model,
    };
    let columns = Columns::new(design, &rows)?;
    let needed = columns.p() + usize::from(!options.common);
    if rows.len() < needed.max(1) {
        let found = rows.len();
        return Err(PoolError::TooFewStudies { found, needed }.into());
    }
    if !estimable(data, &rows) {
        return Err(PoolError::NotEstimable.into());
    }
    let mut warnings = Vec::new();
    let left_out = data.len() - rows.len();
    if left_out > 0 {
        let text = format!(
            "{left_out} studies without events, or without non-events, in both groups say nothing about the effect and leave the fit"
        );
        warnings.push(Diagnostic::note("double_zero", text));
    }
    let fitting = Fitting {
        data,
        model,
        rows: &rows,
        columns: &columns,
    };
    let value = fitting.fit(options, &mut warnings)?;
    Ok(Warned { value, warnings })
}

/// Moderators made orthonormal: coefficients of the fit are `r` times those of the user.
struct Columns {
    names: Vec<String>,
    intercept: bool,
    x: Vec<f64>,
    back: Matrix,
}

impl Columns {
    fn new(design: Option<&Design>, rows: &[usize]) -> Result<Self, RegressError> {
        let Some(design) = design else {
            return Ok(Columns {
                names: vec!["intercept".to_owned()],
                intercept: true,
                x: vec![1.0; rows.len()],
                back: Matrix::identity(1),
            });
        };
        let (k, p) = (rows.len(), design.p());
        let x: Vec<f64> = rows.iter().flat_map(|&row| design.row(row).to_vec()).collect();
        if k < p {
            return Err(PoolError::TooFewStudies { found: k, needed: p }.into());
        }
        let (mut z, r) = orthonormal(&x, k, p).map_err(|c| RegressError::Collinear {
            name: design.names()[c.0].clone(),
            others: design.names()[..c.0].to_vec(),
        })?;
        let root = (k as f64).sqrt();
        z.iter_mut().for_each(|z| *z *= root);
        let r = Matrix::from_fn(p, p, |i, j| r[i * p + j] / root);
        Ok(Columns {
            names: design.names().to_vec(),
            intercept: design.has_intercept(),
            x: z,
            back: inverse(&r).ok_or(PoolError::NotEstimable)?,
        })
    }

    fn p(&self) -> usize {
        self.names.len()
    }
}

struct Fitting<'a> {
    data: GlmmData<'a>,
    model: GlmmModel,
    rows: &'a [usize],
    columns: &'a Columns,
}

/// Where the climb to the random-effects maximum starts: tau.
const STARTS: [f64; 2] = [0.4, 1.5];
/// A likelihood no higher than this above that of tau2 = 0 is the same.
const NO_GAIN: f64 = 1e-9;

impl Fitting<'_> {
    fn problem(&self, effects: Effects) -> Problem {
        let p = self.columns.p();
        let studies = setup::studies(self.data, self.model, effects, self.rows, &self.columns.x, p);
        Problem::new(studies, setup::shape(self.data, self.model, effects, p))
    }

    fn fit(&self, options: &GlmmOptions, warnings: &mut Vec<Diagnostic>) -> Result<Glmm, PoolError> {
        let common = self.common();
        let mut random = self.problem(Effects::Random);
        let best = if options.common {
            None
        } else {
            self.random(&mut random, &common)
        };
        let tau_at = random.shape.fixed;
        let top = best.as_ref().unwrap_or(&common);
        let p = self.columns.p();
        let first = top.state.shared.len().min(usize::from(self.random_level()));
        let covariance = top.covariance().ok_or(PoolError::NotEstimable)?;
        let tau2 = self.tau2(options, best.as_ref(), &common, tau_at);
        if !top.converged {
            let text = "the likelihood did not reach a maximum: moderators may separate the events";
            warnings.push(Diagnostic::warning("not_converged", text));
        }
        let (coefficients, moderators) = self.coefficients(top, &covariance, first, options)?;
        let tau2_interval = (options.tau2_interval && !options.common)
            .then(|| profile(&mut random, best.as_ref(), &common, tau_at, options.level))
            .flatten();
        let lrt = 2.0 * (top.loglik - common.loglik).max(0.0);
        let variances = usize::from(!options.common) + usize::from(self.random_level());
        let levels = if random.shape.local {
            self.rows.len()
        } else {
            first
        };
        let arms = if self.data.is_two_group() && self.model.is_unconditional() {
            2.0
        } else {
            1.0
        };
        let n = arms * self.rows.len() as f64;
        Ok(Glmm {
            k: self.rows.len(),
            rows: self.rows.to_vec(),
            coefficients,
            tau2,
            tau2_interval,
            sigma2: self
                .random_level()
                .then(|| top.state.shared.last().map_or(0.0, |s| s * s)),
            q: self.saturated(&common),
            tau2_test: (!options.common).then(|| QTest {
                value: lrt,
                df: 1.0,
                p: if lrt > 0.0 {
                    0.5 * chi_squared::sf(lrt, 1.0)
                } else {
                    1.0
                },
            }),
            moderators,
            fit: Fit::new(top.loglik, (p + variances + levels) as f64, n),
        })
    }

    fn random_level(&self) -> bool {
        self.data.is_two_group() && self.model == GlmmModel::UmRs
    }

    /// tau2 = 0.
    fn common(&self) -> Top {
        let mut problem = self.problem(Effects::Common);
        let start = self.start(&problem, 0.0);
        let free: Vec<usize> = (0..problem.shape.shared()).collect();
        problem.climb(start, &free)
    }

    /// The highest maximum with tau2 > 0, if there is one.
    fn random(&self, problem: &mut Problem, common: &Top) -> Option<Top> {
        let fixed = problem.shape.fixed;
        let free: Vec<usize> = (0..problem.shape.shared()).collect();
        let mut best: Option<Top> = None;
        for tau in STARTS {
            let mut shared = common.state.shared.clone();
            shared.insert(fixed, tau);
            let start = State {
                shared,
                own: common.state.own.clone(),
            };
            let top = problem.climb(start, &free);
            if best.as_ref().is_none_or(|b| top.loglik > b.loglik) {
                best = Some(top);
            }
        }
        best.filter(|top| top.loglik > common.loglik + NO_GAIN && top.state.shared[fixed].abs() > 1e-6)
    }

    /// No effect; levels at the shares of both groups together.
    fn start(&self, problem: &Problem, effect: f64) -> State {
        let shape = problem.shape;
        let level = |row: usize| match self.data {
            GlmmData::Tables(t) => ((t[row].a + t[row].c) / (t[row].b + t[row].d)).ln(),
            GlmmData::Rates(r) => ((r[row].x1 + r[row].x2) / (r[row].t1 + r[row].t2)).ln(),
            GlmmData::Proportions(_) | GlmmData::OneRates(_) => effect,
        };
        let mut shared = vec![effect; shape.shared()];
        if self.random_level() {
            let mean = self.rows.iter().map(|&row| level(row)).sum::<f64>() / self.rows.len() as f64;
            shared[0] = mean;
            if let Some(last) = shared.last_mut() {
                *last = 0.7;
            }
        }
        let own = if shape.local && !self.random_level() {
            self.rows.iter().map(|&row| level(row)).collect()
        } else if shape.local {
            vec![0.0; self.rows.len()]
        } else {
            Vec::new()
        };
        State { shared, own }
    }

    fn tau2(&self, options: &GlmmOptions, best: Option<&Top>, common: &Top, tau_at: usize) -> Tau2 {
        let boundary = Solution::Boundary {
            iterations: common.iterations,
        };
        match best {
            Some(top) => {
                let tau = top.state.shared[tau_at].abs();
                let variance = top.covariance().map(|c| c[(tau_at, tau_at)]);
                Tau2 {
                    value: tau * tau,
                    standard_error: variance.map(|v| 2.0 * tau * v.sqrt()),
                    raw: None,
                    solution: Solution::iterated(top.converged, top.iterations),
                }
            }
            None => Tau2 {
                value: 0.0,
                standard_error: None,
                raw: None,
                solution: if options.common {
                    Solution::iterated(common.converged, common.iterations)
                } else {
                    boundary
                },
            },
        }
    }

    /// Coefficients in the user's columns, and the test of the moderators.
    fn coefficients(
        &self,
        top: &Top,
        covariance: &Matrix,
        first: usize,
        options: &GlmmOptions,
    ) -> Result<(Vec<Coefficient>, Option<JointTest>), PoolError> {
        let p = self.columns.p();
        let which: Vec<usize> = (first..first + p).collect();
        let back = &self.columns.back;
        let raw: Vec<f64> = which.iter().map(|&i| top.state.shared[i]).collect();
        let beta = back.mul_vec(&raw);
        let inner = covariance.select(&which, &which);
        let variance = back.mul(&inner).mul(&back.transpose());
        let df = self.rows.len() as f64 - p as f64;
        let df = (options.t_quantiles && df > 0.0).then_some(df);
        let mut coefficients = Vec::with_capacity(p);
        for (i, name) in self.columns.names.iter().enumerate() {
            let se = variance[(i, i)].sqrt();
            if !(beta[i].is_finite() && se.is_finite() && se > 0.0) {
                return Err(PoolError::NotEstimable);
            }
            coefficients.push(Coefficient {
                name: name.clone(),
                estimate: Estimate::new(beta[i], se, df, options.level),
            });
        }
        let tested: Vec<usize> = (usize::from(self.columns.intercept)..p).collect();
        let alone = tested.is_empty() || tested.len() == p && p == 1 && !self.columns.intercept;
        let joint = (!alone)
            .then(|| inverse(&variance.select(&tested, &tested)))
            .flatten()
            .map(|precision| {
                let b: Vec<f64> = tested.iter().map(|&i| beta[i]).collect();
                let (chi, m) = (precision.quadratic(&b), tested.len() as f64);
                match df {
                    Some(df) => JointTest {
                        value: chi / m,
                        df1: m,
                        df2: Some(df),
                        p: fisher_f::sf(chi / m, m, df),
                    },
                    None => JointTest {
                        value: chi,
                        df1: m,
                        df2: None,
                        p: chi_squared::sf(chi, m),
                    },
                }
            });
        Ok((coefficients, joint))
    }

    /// A free effect for each study against none but the coefficients.
    fn saturated(&self, common: &Top) -> Option<QTest> {
        let df = self.rows.len() as f64 - self.columns.p() as f64;
        if df < 1.0 {
            return None;
        }
        let mut problem = self.problem(Effects::Saturated);
        let highest = if self.random_level() {
            let mut start = self.start(&problem, 0.0);
            start.shared[0] = common.state.shared[0];
            let top = problem.climb(start, &[0, 1]);
            top.converged.then_some(top.loglik)?
        } else {
            let factors = problem.studies.iter().flat_map(|s| &s.factors);
            factors.map(|f| f.law.saturated()).sum()
        };
        let value = (2.0 * (highest - common.loglik)).max(0.0);
        Some(QTest {
            value,
            df,
            p: chi_squared::sf(value, df),
        })
    }
}

/// Profile-likelihood interval of tau2: where twice the log-likelihood lies a chi-squared quantile below its maximum.
fn profile(
    problem: &mut Problem,
    best: Option<&Top>,
    common: &Top,
    tau_at: usize,
    level: f64,
) -> Option<Tau2Interval> {
    let drop = 0.5 * chi_squared::quantile(level, 1.0);
    let mut state = best.map_or_else(
        || {
            let mut state = common.state.clone();
            state.shared.insert(tau_at, 0.0);
            state
        },
        |top| top.state.clone(),
    );
    let top = best.map_or(common.loglik, |b| b.loglik);
    let centre = best.map_or(0.0, |b| b.state.shared[tau_at].abs());
    let free: Vec<usize> = (0..problem.shape.shared()).filter(|&i| i != tau_at).collect();
    let mut below = |tau: f64| {
        if let Some(at) = state.shared.get_mut(tau_at) {
            *at = tau;
        }
        let found = problem.climb(state.clone(), &free);
        state = found.state;
        top - drop - found.loglik
    };
    let lower = if top - drop <= common.loglik {
        0.0
    } else {
        root::brent(&mut below, 0.0, centre, PROFILE_STEP).map_or(0.0, |r| r.x)
    };
    let first = centre + 0.5;
    let upper = root::expand_upper(&mut below, centre, first, 1e3)
        .and_then(|end| root::brent(&mut below, centre, end, PROFILE_STEP))
        .ok()?
        .x;
    Some(Tau2Interval {
        kind: Tau2IntervalKind::ProfileLikelihood,
        lower: lower * lower,
        upper: upper * upper,
        empty: false,
    })
}

/// Absolute tolerance of a limit, as a standard deviation.
const PROFILE_STEP: f64 = 1e-11;
