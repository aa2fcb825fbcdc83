//! The design matrix from table columns.
//!
//! A column whose every non-missing cell is a number is numeric, any other is a factor: treatment
//! contrasts, levels in byte order, the first the reference, coefficients named column + level.
//! As in the usual model formulas, a factor keeps all its levels where the term without it is not
//! in the model: the first factor without an intercept, or an interaction without its main effect.

use super::spline;
use super::{DesignError, Form, Term};
use std::collections::BTreeSet;
use std::ops::Range;

/// k rows of p named columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Design {
    names: Vec<String>,
    x: Vec<f64>,
    k: usize,
    intercept: bool,
    terms: Vec<TermColumns>,
}

/// The columns of one term.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TermColumns {
    /// The term as written: `factor(route)`.
    pub name: String,
    /// Header of its only variable; `None` for an interaction.
    pub column: Option<String>,
    /// Its columns of the design.
    pub columns: Range<usize>,
}

/// A design and the rows it kept.
#[derive(Debug, Clone, PartialEq)]
pub struct Built {
    /// The design of the kept rows.
    pub design: Design,
    /// Their indices, ascending.
    pub rows: Vec<usize>,
    /// Rows left out, each with the column that is missing there.
    pub dropped: Vec<(usize, String)>,
}

/// One variable of a term, coded.
struct Coded {
    names: Vec<String>,
    columns: Vec<Vec<f64>>,
}

/// Numbers or levels of one column.
enum Values {
    Numbers(Vec<Option<f64>>),
    Levels(Vec<Option<String>>),
}

impl Design {
    /// Checked columns: `x` holds k rows of the named columns, row-major.
    ///
    /// # Errors
    /// `Empty`, `UnequalLengths`, `NotFinite`.
    pub fn new(names: Vec<String>, x: Vec<f64>, intercept: bool) -> Result<Self, DesignError> {
        let p = names.len();
        if p == 0 {
            return Err(DesignError::Empty);
        }
        if !x.len().is_multiple_of(p) {
            let column = names.join(", ");
            return Err(DesignError::UnequalLengths {
                column,
                found: x.len(),
                needed: p,
            });
        }
        if let Some(i) = x.iter().position(|value| !value.is_finite()) {
            return Err(DesignError::NotFinite {
                name: names[i % p].clone(),
                found: x[i],
                row: i / p + 1,
            });
        }
        let alone = |(i, name): (usize, &String)| TermColumns {
            name: name.clone(),
            column: Some(name.clone()),
            columns: i..i + 1,
        };
        let terms = names.iter().enumerate().skip(usize::from(intercept));
        Ok(Design {
            k: x.len() / p,
            terms: terms.map(alone).collect(),
            names,
            x,
            intercept,
        })
    }

    /// An intercept and numeric columns.
    ///
    /// # Errors
    /// Those of [`Design::new`].
    ///
    /// ```
    /// use onset_models::regress::Design;
    /// let design = Design::numeric(&[("dose", &[1.0, 2.0, 4.0])]).unwrap();
    /// assert_eq!(design.names(), ["intercept", "dose"]);
    /// assert_eq!(design.row(2), [1.0, 4.0]);
    /// ```
    pub fn numeric(columns: &[(&str, &[f64])]) -> Result<Self, DesignError> {
        let k = columns.first().map_or(0, |c| c.1.len());
        if let Some((name, values)) = columns.iter().find(|c| c.1.len() != k) {
            let column = (*name).to_owned();
            return Err(DesignError::UnequalLengths {
                column,
                found: values.len(),
                needed: k,
            });
        }
        let mut names = vec!["intercept".to_owned()];
        names.extend(columns.iter().map(|c| c.0.to_owned()));
        let x = (0..k)
            .flat_map(|i| std::iter::once(1.0).chain(columns.iter().map(move |c| c.1[i])))
            .collect();
        Design::new(names, x, true)
    }

    /// Builds the design of `terms` for those of `rows` in which no moderator is missing.
    ///
    /// `column` gives the cells of a header, `None` where missing.
    ///
    /// # Errors
    /// `UnknownColumn`, `SingleLevel`, `NotFinite`, `Empty`.
    pub fn build(
        terms: &[Term],
        intercept: bool,
        rows: &[usize],
        column: impl Fn(&str) -> Option<Vec<Option<String>>>,
    ) -> Result<Built, DesignError> {
        let mut values = Vec::new();
        for variable in terms.iter().flat_map(|term| &term.variables) {
            if !values.iter().any(|(v, _)| v == variable) {
                let cells = column(&variable.column).ok_or_else(|| DesignError::UnknownColumn {
                    column: variable.column.clone(),
                })?;
                values.push((variable.clone(), classify(cells, variable.form == Form::Factor)));
            }
        }
        let mut dropped = Vec::new();
        let mut kept = Vec::new();
        for &row in rows {
            match values.iter().find(|(_, v)| v.is_missing(row)) {
                Some((variable, _)) => dropped.push((row, variable.column.clone())),
                None => kept.push(row),
            }
        }
        let design = assemble(terms, intercept, &kept, &values)?;
        Ok(Built {
            design,
            rows: kept,
            dropped,
        })
    }

    /// Names of the columns, `intercept` first when there is one.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// The terms but the intercept, in their order.
    pub fn terms(&self) -> &[TermColumns] {
        &self.terms
    }

    /// Rows.
    pub fn k(&self) -> usize {
        self.k
    }

    /// Columns.
    pub fn p(&self) -> usize {
        self.names.len()
    }

    /// Whether the first column is the intercept.
    pub fn has_intercept(&self) -> bool {
        self.intercept
    }

    /// One row; empty when there is no such row.
    pub fn row(&self, i: usize) -> &[f64] {
        let p = self.p();
        self.x.get(i * p..(i + 1) * p).unwrap_or(&[])
    }

    /// The rows with these indices; an index beyond the last row is passed over.
    #[must_use]
    pub fn select(&self, rows: &[usize]) -> Design {
        let x: Vec<f64> = rows.iter().flat_map(|&i| self.row(i).iter().copied()).collect();
        Design {
            names: self.names.clone(),
            k: x.len() / self.p(),
            x,
            intercept: self.intercept,
            terms: self.terms.clone(),
        }
    }

    /// All numbers, row-major.
    pub(crate) fn x(&self) -> &[f64] {
        &self.x
    }
}

impl Values {
    fn is_missing(&self, row: usize) -> bool {
        match self {
            Values::Numbers(values) => values.get(row).copied().flatten().is_none(),
            Values::Levels(values) => values.get(row).is_none_or(Option::is_none),
        }
    }
}

/// Numeric when every non-missing cell is a number and no factor is asked for.
fn classify(cells: Vec<Option<String>>, factor: bool) -> Values {
    let number = |cell: &str| cell.trim().parse::<f64>().ok().filter(|x| x.is_finite());
    if factor || !cells.iter().flatten().all(|cell| number(cell).is_some()) {
        return Values::Levels(cells);
    }
    Values::Numbers(
        cells
            .iter()
            .map(|cell| cell.as_deref().and_then(number))
            .collect(),
    )
}

fn assemble(
    terms: &[Term],
    intercept: bool,
    rows: &[usize],
    values: &[(super::Variable, Values)],
) -> Result<Design, DesignError> {
    let (mut names, mut columns) = (Vec::new(), Vec::new());
    if intercept {
        names.push("intercept".to_owned());
        columns.push(vec![1.0; rows.len()]);
    }
    let mut spans = Vec::new();
    // whether the constant is already in the span
    let mut constant = intercept;
    for term in terms {
        let mut product = Coded {
            names: vec![String::new()],
            columns: vec![vec![1.0; rows.len()]],
        };
        for variable in &term.variables {
            let Some((_, found)) = values.iter().find(|(v, _)| v == variable) else {
                continue;
            };
            let others: Vec<&str> = term
                .variables
                .iter()
                .filter(|v| *v != variable)
                .map(|v| v.column.as_str())
                .collect();
            let margin = if others.is_empty() {
                constant
            } else {
                terms.iter().any(|t| t.same(&others))
            };
            if others.is_empty() && matches!(found, Values::Levels(_)) {
                constant = true;
            }
            product = multiply(product, code(variable, found, rows, margin)?);
        }
        let first = names.len();
        names.extend(product.names);
        columns.extend(product.columns);
        let column = match &term.variables[..] {
            [only] => Some(only.column.clone()),
            _ => None,
        };
        spans.push(TermColumns {
            name: term.name(),
            column,
            columns: first..names.len(),
        });
    }
    let x = (0..rows.len())
        .flat_map(|i| columns.iter().map(move |c| c[i]))
        .collect();
    let design = Design::new(names, x, intercept)?;
    Ok(Design {
        terms: spans,
        ..design
    })
}

/// The columns of one variable: itself, or its levels (without the reference when `contrasts`).
fn code(
    variable: &super::Variable,
    values: &Values,
    rows: &[usize],
    contrasts: bool,
) -> Result<Coded, DesignError> {
    let column = &variable.column;
    match values {
        Values::Numbers(numbers) => {
            let cells = rows
                .iter()
                .map(|&row| numbers.get(row).copied().flatten().unwrap_or(f64::NAN));
            curved(variable, cells.collect())
        }
        Values::Levels(_) if matches!(variable.form, Form::Powers(_) | Form::Spline(_)) => {
            Err(DesignError::NotNumeric {
                column: column.clone(),
            })
        }
        Values::Levels(cells) => {
            let level = |row: usize| cells.get(row).and_then(|c| c.as_deref()).unwrap_or("");
            let levels: BTreeSet<&str> = rows.iter().map(|&row| level(row)).collect();
            let mut used = levels.iter().copied();
            if contrasts && levels.len() < 2 {
                let level = used.next().unwrap_or("").to_owned();
                return Err(DesignError::SingleLevel {
                    column: column.clone(),
                    level,
                });
            }
            if contrasts {
                used.next();
            }
            let mut coded = Coded {
                names: Vec::new(),
                columns: Vec::new(),
            };
            for name in used {
                coded.names.push(format!("{column}{name}"));
                coded.columns.push(
                    rows.iter()
                        .map(|&row| f64::from(u8::from(level(row) == name)))
                        .collect(),
                );
            }
            Ok(coded)
        }
    }
}

/// A numeric column with its powers or its spline.
fn curved(variable: &super::Variable, x: Vec<f64>) -> Result<Coded, DesignError> {
    let column = &variable.column;
    let mut coded = Coded {
        names: vec![column.clone()],
        columns: Vec::new(),
    };
    match variable.form {
        Form::Powers(degree) => {
            for power in 2..=degree {
                coded.names.push(format!("{column}^{power}"));
            }
            for power in 1..=degree {
                coded
                    .columns
                    .push(x.iter().map(|x| x.powi(power as i32)).collect());
            }
        }
        Form::Spline(knots) => {
            let places = spline::knots(&x, knots).ok_or_else(|| DesignError::FewValues {
                column: column.clone(),
                knots,
            })?;
            for j in 0..knots - 2 {
                coded.names.push(format!("{column}{}", "'".repeat(j + 1)));
            }
            let curves = (0..knots - 2).map(|j| x.iter().map(|&x| spline::basis(x, &places, j)).collect());
            let curves: Vec<Vec<f64>> = curves.collect();
            coded.columns.push(x);
            coded.columns.extend(curves);
        }
        Form::Plain | Form::Factor => coded.columns.push(x),
    }
    Ok(coded)
}

/// Products of every column of the two; the first varies fastest.
fn multiply(left: Coded, right: Coded) -> Coded {
    let mut out = Coded {
        names: Vec::new(),
        columns: Vec::new(),
    };
    for (right_name, right_column) in right.names.iter().zip(&right.columns) {
        for (left_name, left_column) in left.names.iter().zip(&left.columns) {
            let colon = if left_name.is_empty() { "" } else { ":" };
            out.names.push(format!("{left_name}{colon}{right_name}"));
            out.columns
                .push(left_column.iter().zip(right_column).map(|(a, b)| a * b).collect());
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn build(terms: &[&str], intercept: bool) -> Result<Built, DesignError> {
        let column = |name: &str| {
            let cells: &[&str] = match name {
                "dose" => &["1", "2", "10", "", "4"],
                "route" => &["oral", "iv", "iv", "im", "oral"],
                "site" => &["x", "x", "y", "y", "x"],
                _ => return None,
            };
            Some(
                cells
                    .iter()
                    .map(|c| (!c.is_empty()).then(|| (*c).to_owned()))
                    .collect(),
            )
        };
        let terms: Vec<Term> = terms.iter().map(|t| Term::parse(t, |_| false).unwrap()).collect();
        Design::build(&terms, intercept, &[0, 1, 2, 3, 4], column)
    }

    #[test]
    fn numbers_and_levels_in_byte_order() {
        let built = build(&["dose", "route"], true).unwrap();
        // 'im' stands only in the row without a dose
        assert_eq!(built.design.names(), ["intercept", "dose", "routeoral"]);
        assert_eq!(built.dropped, [(3, "dose".to_owned())]);
        assert_eq!(built.rows, [0, 1, 2, 4]);
        assert_eq!(built.design.row(0), [1.0, 1.0, 1.0]);
        assert_eq!(built.design.row(2), [1.0, 10.0, 0.0]);
    }

    #[test]
    fn a_forced_factor_sorts_its_levels_as_text() {
        let built = build(&["factor(dose)"], true).unwrap();
        assert_eq!(built.design.names(), ["intercept", "dose10", "dose2", "dose4"]);
    }

    #[test]
    fn without_intercept_the_first_factor_keeps_all_levels() {
        let built = build(&["route", "site"], false).unwrap();
        assert_eq!(built.design.names(), ["routeim", "routeiv", "routeoral", "sitey"]);
        assert!(!built.design.has_intercept());
    }

    #[test]
    fn interactions_multiply_contrasts() {
        let built = build(&["route", "site", "route:site"], true).unwrap();
        let names = [
            "intercept",
            "routeiv",
            "routeoral",
            "sitey",
            "routeiv:sitey",
            "routeoral:sitey",
        ];
        assert_eq!(built.design.names(), names);
        assert_eq!(built.design.row(2), [1.0, 1.0, 0.0, 1.0, 1.0, 0.0]);
        // without the main effect of site, route keeps all its levels inside the interaction
        let built = build(&["route", "route:dose"], true).unwrap();
        assert_eq!(
            built.design.names(),
            ["intercept", "routeoral", "routeiv:dose", "routeoral:dose"]
        );
    }

    #[test]
    fn refusals_name_the_column() {
        assert_eq!(
            build(&["age"], true),
            Err(DesignError::UnknownColumn { column: "age".into() })
        );
        assert_eq!(build(&[], false), Err(DesignError::Empty));
        assert!(Term::parse("a::b", |_| false).is_err());
        assert!(Design::numeric(&[("a", &[1.0, f64::NAN])]).is_err());
    }
}
