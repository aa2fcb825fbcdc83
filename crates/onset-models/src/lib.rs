//! Models of evidence synthesis: pooling, regression, heterogeneity, dependent effects, blinding.

pub mod bayes;
pub mod blinding;
pub mod counts;
pub mod diagnostics;
pub mod economics;
pub mod floor;
pub mod multilevel;
pub mod network;
pub mod permute;
pub mod pool;
pub mod regress;
pub mod sequential;
pub mod smallstudy;
pub mod survival;
pub mod timecourse;
pub mod trust;
