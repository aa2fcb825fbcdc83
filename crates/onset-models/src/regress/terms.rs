//! Names of moderators: `a`, `factor(a)`, `a:b`.

use super::DesignError;

/// One column of a term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Header.
    pub column: String,
    /// Written as `factor(column)`.
    pub factor: bool,
}

/// One moderator, or an interaction of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// The variables multiplied.
    pub variables: Vec<Variable>,
}

impl Term {
    /// Reads `a`, `factor(a)`, `a:b` or `factor(a):b`; a text that is itself a header is that column.
    ///
    /// # Errors
    /// `EmptyTerm`.
    ///
    /// ```
    /// use onset_models::regress::Term;
    /// let term = Term::parse("factor(dose):age", |_| false).unwrap();
    /// assert_eq!(term.variables[0].column, "dose");
    /// assert!(term.variables[0].factor && !term.variables[1].factor);
    /// ```
    pub fn parse(text: &str, is_header: impl Fn(&str) -> bool) -> Result<Term, DesignError> {
        let text = text.trim();
        let empty = || DesignError::EmptyTerm {
            term: text.to_owned(),
        };
        let plain = |column: &str| Variable {
            column: column.to_owned(),
            factor: false,
        };
        if text.is_empty() {
            return Err(empty());
        }
        if is_header(text) {
            return Ok(Term {
                variables: vec![plain(text)],
            });
        }
        let mut variables = Vec::new();
        for part in text.split(':') {
            let part = part.trim();
            let inner = part
                .strip_prefix("factor(")
                .and_then(|rest| rest.strip_suffix(')'));
            let variable = match inner {
                Some(column) if !is_header(part) => Variable {
                    column: column.trim().to_owned(),
                    factor: true,
                },
                _ => plain(part),
            };
            if variable.column.is_empty() {
                return Err(empty());
            }
            if !variables.contains(&variable) {
                variables.push(variable);
            }
        }
        Ok(Term { variables })
    }

    /// The same columns, in any order.
    pub(super) fn same(&self, columns: &[&str]) -> bool {
        self.variables.len() == columns.len()
            && self
                .variables
                .iter()
                .all(|v| columns.contains(&v.column.as_str()))
    }

    /// The term as written.
    pub fn name(&self) -> String {
        let part = |v: &Variable| {
            if v.factor {
                format!("factor({})", v.column)
            } else {
                v.column.clone()
            }
        };
        self.variables.iter().map(part).collect::<Vec<_>>().join(":")
    }
}
