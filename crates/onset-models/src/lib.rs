//! Models of evidence synthesis: pooling, regression, heterogeneity, blinding.

pub mod blinding;
pub mod diagnostics;
pub mod permute;
pub mod pool;
pub mod regress;
