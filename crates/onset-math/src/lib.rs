//! Distributions, quantiles, roots, minima, quadrature and small linear algebra, each with its measured error.
