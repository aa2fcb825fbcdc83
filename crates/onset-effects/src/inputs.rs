//! Columns of numbers for a batch of studies, and the options of a computation.

use crate::person_time::PersonTime;
use crate::two_by_two::Cells;
use crate::{EffectError, compute};
use std::collections::BTreeMap;

macro_rules! inputs {
    ($($variant:ident $code:literal $doc:literal;)*) => {
        /// A column that a measure may need, by its field-standard name.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        pub enum Input {
            $(#[doc = concat!("`", $code, "`: ", $doc, ".")] $variant,)*
        }

        impl Input {
            /// Every column.
            pub const ALL: &[Input] = &[$(Input::$variant,)*];

            /// Name, as in the flag `--NAME`.
            pub fn code(self) -> &'static str {
                match self { $(Input::$variant => $code,)* }
            }

            /// Meaning.
            pub fn meaning(self) -> &'static str {
                match self { $(Input::$variant => $doc,)* }
            }
        }
    };
}

inputs! {
    Ai "ai" "events in group 1 (or alpha, or an area under the curve)";
    Bi "bi" "non-events in group 1";
    Ci "ci" "events in group 2";
    Di "di" "non-events in group 2";
    N1i "n1i" "size of group 1";
    N2i "n2i" "size of group 2";
    X1i "x1i" "events in group 1, with person-time";
    X2i "x2i" "events in group 2, with person-time";
    T1i "t1i" "person-time of group 1";
    T2i "t2i" "person-time of group 2";
    M1i "m1i" "mean of group 1 or time 1";
    M2i "m2i" "mean of group 2 or time 2";
    Sd1i "sd1i" "standard deviation of group 1 or time 1";
    Sd2i "sd2i" "standard deviation of group 2 or time 2";
    Ri "ri" "correlation";
    Ni "ni" "sample size";
    Xi "xi" "events in one group";
    Mi "mi" "mean, or the number of predictors or items";
    Ti "ti" "person-time, or a t statistic";
    Sdi "sdi" "standard deviation";
    R2i "r2i" "coefficient of determination";
}

/// Columns of equal length; `None` is a missing cell.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Inputs {
    columns: BTreeMap<Input, Vec<Option<f64>>>,
}

impl Inputs {
    /// No columns yet.
    pub fn new() -> Self {
        Inputs::default()
    }

    /// The same with a column more.
    #[must_use]
    pub fn with(mut self, input: Input, values: Vec<Option<f64>>) -> Self {
        self.columns.insert(input, values);
        self
    }

    /// Whether this column was given.
    pub fn has(&self, input: Input) -> bool {
        self.columns.contains_key(&input)
    }

    /// Cell of study `row`; `None` when the cell or the column is missing.
    pub fn get(&self, input: Input, row: usize) -> Option<f64> {
        self.columns
            .get(&input)
            .and_then(|values| values.get(row))
            .copied()
            .flatten()
    }

    /// Number of studies: the length of the longest column.
    pub fn len(&self) -> usize {
        self.columns.values().map(Vec::len).max().unwrap_or(0)
    }

    /// Whether there is no study.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The 2 x 2 table of a study, as given (`bi` and `di`, else `n1i` and `n2i`); `None` where a cell is
    /// missing.
    pub fn cells(&self, row: usize) -> Option<Result<Cells, EffectError>> {
        compute::cells(self, row)
    }

    /// Events and person-time of a study, as given; `None` where a cell is missing.
    pub fn person_time(&self, row: usize) -> Option<Result<PersonTime, EffectError>> {
        let get = |input| self.get(input, row);
        Some(PersonTime::new(
            get(Input::X1i)?,
            get(Input::X2i)?,
            get(Input::T1i)?,
            get(Input::T2i)?,
        ))
    }

    /// The columns given.
    pub fn given(&self) -> impl Iterator<Item = Input> + '_ {
        self.columns.keys().copied()
    }
}
