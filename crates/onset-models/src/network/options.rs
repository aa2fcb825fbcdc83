//! How a network is analysed.

/// Estimator of tau2.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NetworkMethod {
    /// Restricted maximum likelihood.
    Reml,
    /// Generalised DerSimonian-Laird.
    Dl,
    /// Maximum likelihood.
    Ml,
}

impl NetworkMethod {
    /// Every estimator.
    pub const ALL: [NetworkMethod; 3] = [NetworkMethod::Reml, NetworkMethod::Dl, NetworkMethod::Ml];

    /// As on the command line.
    pub fn code(self) -> &'static str {
        match self {
            NetworkMethod::Reml => "REML",
            NetworkMethod::Dl => "DL",
            NetworkMethod::Ml => "ML",
        }
    }

    /// From the command line.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL
            .into_iter()
            .find(|m| m.code().eq_ignore_ascii_case(code))
    }
}

/// What a small value of the outcome means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SmallValues {
    /// A lower value is better.
    Desirable,
    /// A lower value is worse.
    Undesirable,
}

/// | name | default | meaning |
/// |---|---|---|
/// | `method` | REML | estimator of tau2 |
/// | `small_values` | desirable | which side ranks first |
/// | `level` | 0.95 | of prediction intervals |
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct NetworkOptions {
    /// Estimator of tau2.
    pub method: NetworkMethod,
    /// Which side ranks first.
    pub small_values: SmallValues,
    /// Level of prediction intervals.
    pub level: f64,
}

impl Default for NetworkOptions {
    fn default() -> Self {
        NetworkOptions {
            method: NetworkMethod::Reml,
            small_values: SmallValues::Desirable,
            level: 0.95,
        }
    }
}
