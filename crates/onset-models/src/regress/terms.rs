//! Names of moderators: `a`, `factor(a)`, `poly2(a)`, `rcs4(a)`, `a:b`.

use super::DesignError;

/// One column of a term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Variable {
    /// Header.
    pub column: String,
    /// How it enters the model.
    pub form: Form,
}

/// How a column enters the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Numbers as they are, anything else as a factor.
    Plain,
    /// `factor(column)`: one indicator a level.
    Factor,
    /// `poly2(column)`, up to `poly9`: raw powers up to the degree.
    Powers(u32),
    /// `rcs3(column)` to `rcs7(column)`: restricted cubic spline with so many knots.
    Spline(usize),
}

/// Degrees of `poly` and knots of `rcs` that are allowed.
const DEGREES: std::ops::RangeInclusive<u32> = 2..=9;
const KNOTS: std::ops::RangeInclusive<u32> = 3..=7;

impl Form {
    /// Reads `factor(a)`, `poly2(a)` and `rcs4(a)`; any other text is a plain column.
    fn read(part: &str) -> (Form, &str) {
        let plain = (Form::Plain, part);
        let Some((head, column)) = part.strip_suffix(')').and_then(|open| open.split_once('(')) else {
            return plain;
        };
        let number = |name: &str| {
            head.strip_prefix(name)
                .and_then(|digits| digits.parse::<u32>().ok())
        };
        let column = column.trim();
        if head == "factor" {
            (Form::Factor, column)
        } else if let Some(degree) = number("poly").filter(|degree| DEGREES.contains(degree)) {
            (Form::Powers(degree), column)
        } else if let Some(knots) = number("rcs").filter(|knots| KNOTS.contains(knots)) {
            (Form::Spline(knots as usize), column)
        } else {
            plain
        }
    }
}

/// One moderator, or an interaction of several.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    /// The variables multiplied.
    pub variables: Vec<Variable>,
}

impl Term {
    /// Reads `a`, `factor(a)`, `poly2(a)`, `rcs4(a)`, `a:b` or `factor(a):b`; a text that is itself a header is that
    /// column.
    ///
    /// # Errors
    /// `EmptyTerm`.
    ///
    /// ```
    /// use onset_models::regress::{Form, Term};
    /// let term = Term::parse("factor(dose):age", |_| false).unwrap();
    /// assert_eq!(term.variables[0].column, "dose");
    /// assert_eq!((term.variables[0].form, term.variables[1].form), (Form::Factor, Form::Plain));
    /// ```
    pub fn parse(text: &str, is_header: impl Fn(&str) -> bool) -> Result<Term, DesignError> {
        let text = text.trim();
        let empty = || DesignError::EmptyTerm {
            term: text.to_owned(),
        };
        let plain = |column: &str| Variable {
            column: column.to_owned(),
            form: Form::Plain,
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
            let variable = if is_header(part) {
                plain(part)
            } else {
                let (form, column) = Form::read(part);
                Variable {
                    column: column.to_owned(),
                    form,
                }
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
        let part = |v: &Variable| match v.form {
            Form::Plain => v.column.clone(),
            Form::Factor => format!("factor({})", v.column),
            Form::Powers(degree) => format!("poly{degree}({})", v.column),
            Form::Spline(knots) => format!("rcs{knots}({})", v.column),
        };
        self.variables.iter().map(part).collect::<Vec<_>>().join(":")
    }
}
