//! Random effects: intercepts of groups, and structures of inner levels within outer groups.

use super::MultilevelError;
use super::sampling::check_length;
use onset_math::linalg::Matrix;
use std::collections::BTreeMap;

/// Covariance of the levels of an inner variable within one outer group.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Structure {
    /// One variance, no correlation.
    Id,
    /// A variance for each level, no correlation.
    Diag,
    /// One variance and one correlation (compound symmetry).
    Cs,
    /// A variance for each level and one correlation.
    Hcs,
    /// A variance for each level and a correlation for each pair.
    Un,
    /// One variance, correlation rho^|i - j| of levels i and j.
    Ar,
    /// A variance for each level, correlation rho^|i - j|.
    Har,
    /// One variance, correlation rho^|t_i - t_j| of times.
    Car,
}

impl Structure {
    /// Every structure with its code.
    pub const ALL: [(Structure, &'static str); 8] = [
        (Structure::Id, "ID"),
        (Structure::Diag, "DIAG"),
        (Structure::Cs, "CS"),
        (Structure::Hcs, "HCS"),
        (Structure::Un, "UN"),
        (Structure::Ar, "AR"),
        (Structure::Har, "HAR"),
        (Structure::Car, "CAR"),
    ];

    /// Code.
    pub fn code(self) -> &'static str {
        let found = Structure::ALL.iter().find(|(structure, _)| *structure == self);
        found.map_or("", |(_, code)| code)
    }

    /// The structure of a code, whatever its case.
    pub fn from_code(code: &str) -> Option<Structure> {
        let found = Structure::ALL
            .iter()
            .find(|(_, known)| known.eq_ignore_ascii_case(code));
        found.map(|(structure, _)| *structure)
    }

    /// Whether every level has its own variance.
    pub fn heterogeneous(self) -> bool {
        matches!(
            self,
            Structure::Diag | Structure::Hcs | Structure::Un | Structure::Har
        )
    }

    /// Whether levels are correlated.
    pub fn correlated(self) -> bool {
        !matches!(self, Structure::Id | Structure::Diag)
    }
}

/// One random effect: what it is called, which effects share it, and how its levels vary together.
#[derive(Debug, Clone, PartialEq)]
pub struct Random {
    pub(crate) name: String,
    pub(crate) structure: Structure,
    /// Outer group of each effect.
    pub(crate) group: Vec<usize>,
    /// Labels of the outer groups, in order; empty when they were given by number.
    pub(crate) group_labels: Vec<String>,
    pub(crate) groups: usize,
    /// Inner level of each effect; empty for an intercept.
    pub(crate) level: Vec<usize>,
    pub(crate) level_labels: Vec<String>,
    /// Time of each level, for CAR.
    pub(crate) times: Vec<f64>,
    /// Known correlation of the levels.
    pub(crate) known: Option<Matrix>,
}

impl Random {
    /// A random intercept for the groups of equal labels.
    pub fn intercept<T: Ord + ToString>(name: &str, labels: &[T]) -> Random {
        let (group, group_labels) = numbered(labels);
        Random {
            groups: group_labels.len(),
            group_labels,
            ..Random::bare(name, Structure::Id, group)
        }
    }

    /// A random intercept for groups given by number, `0..groups`.
    ///
    /// # Errors
    /// `UnequalLengths` when a number is not below `groups`.
    pub fn numbered(name: &str, group: Vec<usize>, groups: usize) -> Result<Random, MultilevelError> {
        let found = group.iter().max().map_or(0, |max| max + 1);
        if found > groups {
            let what = format!("'{name}'");
            return Err(MultilevelError::UnequalLengths {
                what,
                found,
                needed: groups,
            });
        }
        let groups = found;
        Ok(Random {
            groups,
            ..Random::bare(name, Structure::Id, group)
        })
    }

    /// Random intercepts for a, a/b, a/b/c and so on: outermost first.
    ///
    /// # Errors
    /// `UnequalLengths`.
    ///
    /// ```
    /// use onset_models::multilevel::Random;
    /// let (district, school) = (["x", "x", "y", "y"], ["1", "2", "1", "2"]);
    /// let random = Random::nested(&[("district", &district), ("school", &school)]).unwrap();
    /// assert_eq!(random.len(), 2);
    /// assert_eq!(random[1].name(), "district/school");
    /// ```
    pub fn nested(columns: &[(&str, &[&str])]) -> Result<Vec<Random>, MultilevelError> {
        let n = columns.first().map_or(0, |column| column.1.len());
        let mut path: Vec<Vec<&str>> = vec![Vec::new(); n];
        let mut name = String::new();
        let mut random = Vec::new();
        for (header, cells) in columns {
            check_length(header, cells.len(), n)?;
            if !name.is_empty() {
                name.push('/');
            }
            name.push_str(header);
            path.iter_mut()
                .zip(*cells)
                .for_each(|(path, cell)| path.push(cell));
            let (group, labels) = numbered_by(&path, |path| path.join("/"));
            random.push(Random {
                groups: labels.len(),
                group_labels: labels,
                ..Random::bare(&name, Structure::Id, group)
            });
        }
        Ok(random)
    }

    /// Levels of an inner variable within groups of an outer one, with `structure`. Levels are ordered as
    /// numbers where all are numbers, else by bytes; CAR takes their numbers as times. Effects of one level in one
    /// group share its random effect.
    ///
    /// # Errors
    /// `UnequalLengths`, `TooFewLevels`, `NeedsTimes` (CAR where a level is no number).
    pub fn structured(
        inner: (&str, &[&str]),
        outer: (&str, &[&str]),
        structure: Structure,
    ) -> Result<Random, MultilevelError> {
        check_length(inner.0, inner.1.len(), outer.1.len())?;
        let (group, group_labels) = numbered(outer.1);
        let (level, level_labels, numbers) = ordered_levels(inner.1);
        if level_labels.len() < 2 && structure != Structure::Id {
            return Err(MultilevelError::TooFewLevels {
                structure: structure.code(),
                inner: inner.0.to_owned(),
                found: level_labels.len(),
            });
        }
        let times = match (structure, numbers) {
            (Structure::Car, None) => return Err(MultilevelError::NeedsTimes),
            (Structure::Car, Some(numbers)) => numbers,
            _ => Vec::new(),
        };
        Ok(Random {
            groups: group_labels.len(),
            group_labels,
            level,
            level_labels,
            times,
            ..Random::bare(outer.0, structure, group)
        })
    }

    /// Groups whose intercepts have the known correlation `r` (labels in order of first bytes), one variance.
    ///
    /// # Errors
    /// `UnequalLengths`, `NotSymmetric`, `NotPositiveDefinite` for a matrix that is no correlation matrix.
    pub fn known(name: &str, labels: &[&str], r: &Matrix) -> Result<Random, MultilevelError> {
        let (level, level_labels) = numbered(labels);
        let n = level_labels.len();
        check_length("the known correlation", r.as_slice().len(), n * n)?;
        let sampling = super::Sampling::matrix(n, r.as_slice())?;
        if let Some(i) = sampling.variances().iter().position(|v| (v - 1.0).abs() > 1e-8) {
            return Err(MultilevelError::BadCovariance {
                row: i + 1,
                column: i + 1,
                found: sampling.variances()[i],
                rule: "a correlation matrix has ones there",
            });
        }
        Ok(Random {
            groups: 1,
            level,
            level_labels,
            known: Some(r.symmetrised()),
            ..Random::bare(name, Structure::Id, vec![0; labels.len()])
        })
    }

    fn bare(name: &str, structure: Structure, group: Vec<usize>) -> Random {
        Random {
            name: name.to_owned(),
            structure,
            group,
            group_labels: Vec::new(),
            groups: 0,
            level: Vec::new(),
            level_labels: Vec::new(),
            times: Vec::new(),
            known: None,
        }
    }

    /// Its name: the grouping, or the outer variable.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether it is a plain intercept of its groups.
    pub fn is_intercept(&self) -> bool {
        self.level.is_empty()
    }

    pub(crate) fn levels(&self) -> usize {
        self.level_labels.len().max(1)
    }

    pub(crate) fn level_of(&self, row: usize) -> usize {
        self.level.get(row).copied().unwrap_or(0)
    }

    /// The effects `rows`; groups keep their numbers.
    pub(crate) fn select(&self, rows: &[usize]) -> Random {
        let pick = |all: &[usize]| {
            if all.is_empty() {
                Vec::new()
            } else {
                rows.iter().map(|&row| all[row]).collect()
            }
        };
        Random {
            group: pick(&self.group),
            level: pick(&self.level),
            ..self.clone()
        }
    }
}

/// Numbers of equal labels, in the order of the labels.
pub(crate) fn numbered<T: Ord + ToString>(labels: &[T]) -> (Vec<usize>, Vec<String>) {
    numbered_by(labels, ToString::to_string)
}

fn numbered_by<T: Ord>(labels: &[T], text: impl Fn(&T) -> String) -> (Vec<usize>, Vec<String>) {
    let mut places: BTreeMap<&T, usize> = labels.iter().map(|label| (label, 0)).collect();
    places
        .values_mut()
        .enumerate()
        .for_each(|(number, place)| *place = number);
    let ids = labels
        .iter()
        .map(|label| places.get(label).copied().unwrap_or(0))
        .collect();
    (ids, places.keys().map(|label| text(label)).collect())
}

type Levels = (Vec<usize>, Vec<String>, Option<Vec<f64>>);

/// Numbers of levels in order, their labels, and their numbers where all are numbers.
fn ordered_levels(cells: &[&str]) -> Levels {
    let (level, labels) = numbered(cells);
    let numbers: Option<Vec<f64>> = labels
        .iter()
        .map(|label| label.trim().parse::<f64>().ok().filter(|x| x.is_finite()))
        .collect();
    let Some(numbers) = numbers else {
        return (level, labels, None);
    };
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.sort_by(|&a, &b| numbers[a].total_cmp(&numbers[b]));
    let mut place = vec![0; labels.len()];
    order.iter().enumerate().for_each(|(new, &old)| place[old] = new);
    (
        level.into_iter().map(|old| place[old]).collect(),
        order.iter().map(|&old| labels[old].clone()).collect(),
        Some(order.iter().map(|&old| numbers[old]).collect()),
    )
}
