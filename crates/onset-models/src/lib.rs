//! Models of evidence synthesis: pooling, regression, heterogeneity.
pub mod pool;
pub mod regress;
