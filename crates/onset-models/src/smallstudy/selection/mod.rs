//! Selection models.

use serde::Serialize;

/// Which p-values are selected on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Side {
    /// One-sided: positive effects are favoured.
    Greater,
    /// One-sided: negative effects are favoured.
    Less,
    /// Two-sided: significance in either direction is favoured.
    Two,
}

impl Side {
    /// Every side.
    pub const ALL: [Side; 3] = [Side::Greater, Side::Less, Side::Two];

    /// `greater`, `less` or `two`.
    pub fn code(self) -> &'static str {
        match self {
            Side::Greater => "greater",
            Side::Less => "less",
            Side::Two => "two",
        }
    }
}
