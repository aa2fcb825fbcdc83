//! Columns that group effects: random effects, clusters, times.

use super::ModelArgs;
use crate::arguments::usage;
use crate::load::LoadedEffects;
use onset::data::Diagnostic;
use onset::models::multilevel::{MultilevelError, Random};

/// `--random` as written: crossed parts, each a path of nested columns.
pub fn paths(model: &ModelArgs) -> Result<Vec<Vec<String>>, Diagnostic> {
    let Some(text) = &model.random else {
        return Ok(Vec::new());
    };
    let path = |part: &str| -> Vec<String> { part.split('/').map(|name| name.trim().to_owned()).collect() };
    let paths: Vec<Vec<String>> = text.split('+').map(path).collect();
    if paths.iter().flatten().any(String::is_empty) {
        return Err(usage(format!("--random '{text}' names no column somewhere"))
            .allowed("a, a/b, a/b/c, or a+b for crossed groups"));
    }
    Ok(paths)
}

/// Every column that must be there for a row to stay, in the order of the flags.
pub fn needed(model: &ModelArgs, paths: &[Vec<String>]) -> Vec<String> {
    let mut columns: Vec<String> = paths.iter().flatten().cloned().collect();
    columns.extend(model.inner.clone());
    columns.extend(model.outer.clone());
    let clustered = model.rho.is_some() || model.phi.is_some() || model.robust.is_some() || model.influence;
    if clustered {
        columns.extend(model.cluster.clone());
    }
    columns.extend(model.time.clone());
    let mut seen = Vec::new();
    columns.retain(|column| {
        let new = !seen.contains(column);
        seen.push(column.clone());
        new
    });
    columns
}

/// Texts of a column in the rows of the fit; none of them is missing there.
pub fn texts<'a>(
    loaded: &'a LoadedEffects,
    column: &str,
    rows: &[usize],
) -> Result<Vec<&'a str>, Diagnostic> {
    let texts = loaded.table.column(column)?.texts();
    Ok(rows
        .iter()
        .map(|&row| texts.get(row).copied().flatten().unwrap_or_default())
        .collect())
}

/// Numbers of a column in the rows of the fit.
pub fn numbers(loaded: &LoadedEffects, column: &str, rows: &[usize]) -> Result<Vec<f64>, Diagnostic> {
    let numbers = loaded.table.column(column)?.numbers()?;
    Ok(rows
        .iter()
        .map(|&row| numbers.get(row).copied().flatten().unwrap_or_default())
        .collect())
}

/// The random effects of the flags.
pub fn random(
    loaded: &LoadedEffects,
    model: &ModelArgs,
    paths: &[Vec<String>],
    rows: &[usize],
    refuse: &dyn Fn(&MultilevelError) -> Diagnostic,
) -> Result<Vec<Random>, Diagnostic> {
    let mut random: Vec<Random> = Vec::new();
    for path in paths {
        let columns: Vec<Vec<&str>> = path
            .iter()
            .map(|column| texts(loaded, column, rows))
            .collect::<Result<_, _>>()?;
        let named: Vec<(&str, &[&str])> = path
            .iter()
            .zip(&columns)
            .map(|(name, cells)| (name.as_str(), cells.as_slice()))
            .collect();
        for effect in Random::nested(&named).map_err(|e| refuse(&e))? {
            // a/b + a/c share a
            if !random.iter().any(|known| known.name() == effect.name()) {
                random.push(effect);
            }
        }
    }
    if let (Some(inner), Some(outer)) = (&model.inner, &model.outer) {
        let (levels, groups) = (texts(loaded, inner, rows)?, texts(loaded, outer, rows)?);
        let found = Random::structured((inner, &levels), (outer, &groups), model.structure);
        random.push(found.map_err(|e| refuse(&e))?);
    }
    Ok(random)
}
