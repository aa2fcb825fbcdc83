//! `onset effects`: effect sizes and their variances.

use crate::arguments::EffectArgs;
use crate::load::load;
use crate::output::{Output, Sheet};
use crate::recover::Recovered;
use clap::Args;
use onset::data::Diagnostic;
use onset::effects::Measure;
use serde::Serialize;

/// Arguments of `onset effects`.
#[derive(Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    effects: EffectArgs,
}

#[derive(Serialize)]
struct Answer {
    measure: Measure,
    effects: Vec<Entry>,
    /// Numbers that a row did not give, with what they came from.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    recovered: Vec<Recovered>,
}

#[derive(Serialize)]
struct Entry {
    label: String,
    yi: Option<f64>,
    vi: Option<f64>,
}

/// Computes the effects, one entry a data row.
///
/// # Errors
/// Those of [`load`].
pub fn run(arguments: &Arguments) -> Result<Output, Diagnostic> {
    let loaded = load(&arguments.effects)?;
    let mut sheet = Sheet::new("", &["label", "yi", "vi"]);
    let mut effects = Vec::new();
    for row in loaded.value.rows {
        sheet.push(vec![row.label.clone().into(), row.yi.into(), row.vi.into()]);
        effects.push(Entry {
            label: row.label,
            yi: row.yi,
            vi: row.vi,
        });
    }
    let recovered = loaded.value.recovered;
    let mut sheets = vec![sheet];
    if !recovered.is_empty() {
        let mut sheet = Sheet::new("Recovered", &["label", "row", "number", "value", "from"]);
        for r in &recovered {
            sheet.push(vec![
                r.label.as_str().into(),
                r.row.into(),
                r.number.into(),
                r.value.into(),
                r.from.as_str().into(),
            ]);
        }
        sheets.push(sheet);
    }
    Output::new(
        &Answer {
            measure: loaded.value.measure,
            effects,
            recovered,
        },
        sheets,
        loaded.warnings,
    )
}
