//! Options of a computation: variance variant and zero-cell rule.

/// How the sampling variance is estimated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum VarianceType {
    /// Large-sample approximation.
    #[default]
    Ls,
    /// Large-sample approximation, the second form of Hedges (1982) for standardised differences.
    Ls2,
    /// Unbiased estimate.
    Ub,
    /// With the sample-size weighted average over the studies in the place of each study's own value.
    Av,
}

impl VarianceType {
    /// Every variant.
    pub const ALL: [VarianceType; 4] = [
        VarianceType::Ls,
        VarianceType::Ls2,
        VarianceType::Ub,
        VarianceType::Av,
    ];

    /// Code, as in `--vtype`.
    pub fn code(self) -> &'static str {
        match self {
            VarianceType::Ls => "LS",
            VarianceType::Ls2 => "LS2",
            VarianceType::Ub => "UB",
            VarianceType::Av => "AV",
        }
    }
}

/// Which studies get the addition to their cells.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum AddTo {
    /// Only studies with an empty cell.
    #[default]
    Only0,
    /// All studies.
    All,
    /// All studies, if any of them has an empty cell.
    If0All,
    /// No study.
    None,
}

impl AddTo {
    /// Every rule.
    pub const ALL: [AddTo; 4] = [AddTo::Only0, AddTo::All, AddTo::If0All, AddTo::None];

    /// Code, as in `--to`.
    pub fn code(self) -> &'static str {
        match self {
            AddTo::Only0 => "only0",
            AddTo::All => "all",
            AddTo::If0All => "if0all",
            AddTo::None => "none",
        }
    }
}

/// Options of [`compute`](crate::compute).
///
/// | name | default | range | meaning |
/// |---|---|---|---|
/// | `vtype` | `Ls` | per measure | variance variant |
/// | `add` | measure's own: 1/2, or 0 | 0 or more | added to every cell of a study |
/// | `to` | `Only0` | | which studies get it |
/// | `drop00` | false | | no effect for a study without events, or without non-events, in both groups |
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Options {
    /// Variance variant.
    pub vtype: VarianceType,
    /// Addition to the cells; `None` is the measure's own default.
    pub add: Option<f64>,
    /// Which studies get it.
    pub to: AddTo,
    /// Whether studies without events (or without non-events) in both groups are left out.
    pub drop00: bool,
}
