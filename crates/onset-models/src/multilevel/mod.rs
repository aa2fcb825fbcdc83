//! Multilevel and multivariate models: effects that share studies, outcomes or times.
//!
//! y ~ N(X beta, M), M = V + sum Z G Z': V is the known covariance of sampling errors ([`Sampling`]), each G the
//! covariance of a random effect ([`Random`]).
//!
//! ```
//! use onset_effects::Effects;
//! use onset_models::multilevel::{Options, Random, Sampling, multilevel};
//! use onset_models::regress::Design;
//! let y = vec![0.1, 0.3, 0.5, 0.2, 0.9, 0.7];
//! let v = vec![0.02; 6];
//! let labels = (1..=6).map(|i| i.to_string()).collect();
//! let effects = Effects::new(y, v, labels).unwrap();
//! let study = ["a", "a", "b", "b", "c", "c"];
//! let design = Design::new(vec!["intercept".into()], vec![1.0; 6], true).unwrap();
//! let sampling = Sampling::constant(effects.v(), &study, 0.6).unwrap();
//! let random = vec![Random::intercept("study", &study)];
//! let fit = multilevel(&effects, &design, sampling, random, &Options::default()).unwrap().value;
//! assert!((fit.coefficients[0].estimate.estimate - 0.45).abs() < 1e-12);
//! ```

mod bootstrap;
mod builder;
mod compare;
mod dense;
mod effects;
mod error;
mod fit;
mod influence;
mod maximise;
mod model;
mod moments;
mod nested;
mod profile;
mod random;
mod robust;
mod sampling;
mod shape;

pub use bootstrap::{WildTest, WildWeights};
pub use builder::{Arms, SamplingBuilder};
pub use compare::{LikelihoodRatio, likelihood_ratio};
pub use effects::{Blup, Predicted};
pub use error::MultilevelError;
pub use fit::{Component, Multilevel, Options, multilevel};
pub use influence::WithoutCluster;
pub use model::Likelihood;
pub use random::{Random, Structure};
pub use robust::{Robust, RobustType};
pub use sampling::Sampling;
