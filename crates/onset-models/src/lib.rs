//! Models of evidence synthesis: pooling, regression, heterogeneity.
