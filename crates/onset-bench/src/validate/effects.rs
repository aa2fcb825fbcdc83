//! Effect measures against `measures.json`.

use super::reference::{list, numbers, program, read, text};
use super::{Book, Origin, relative};
use crate::Fallible;
use crate::methods::{MEASURES, VARIANCES};
use onset::effects::{AddTo, Input, Inputs, Measure, Options, VarianceType, compute};
use serde_json::Value;
use std::path::Path;

/// Compares every case.
pub fn compare(oracles: &Path, book: &mut Book) -> Fallible<()> {
    let file = read(oracles, "measures.json")?;
    let reference = program(&file);
    for case in list(&file["cases"]) {
        one(case, reference, book)?;
    }
    Ok(())
}

fn one(case: &Value, reference: &str, book: &mut Book) -> Fallible<()> {
    let code = text(&case["measure"]);
    let Some(measure) = Measure::ALL
        .iter()
        .copied()
        .find(|measure| measure.code() == code)
    else {
        book.unused(&format!("measure {code}"));
        return Ok(());
    };
    let vtype = VarianceType::ALL
        .into_iter()
        .find(|vtype| Some(vtype.code()) == case["vtype"].as_str());
    let options = Options {
        vtype: vtype.unwrap_or_default(),
        add: case["add"].as_f64(),
        to: AddTo::ALL
            .into_iter()
            .find(|to| Some(to.code()) == case["to"].as_str())
            .unwrap_or_default(),
        drop00: false,
    };
    // a refusal has no numbers, and shows as such
    let ours = compute(measure, &inputs(case), &options).unwrap_or_default();
    let origin = Origin {
        reference,
        data: "made tables",
    };
    for (quantity, key) in [("yi", "yi"), ("vi", "vi")] {
        for (row, theirs) in numbers(&case[key]).into_iter().enumerate() {
            // an effect without a variance is none
            let Some(theirs) = theirs.filter(|_| case["vi"][row].is_number()) else {
                continue;
            };
            let ours = ours
                .get(row)
                .and_then(|effect| effect.as_ref())
                .and_then(|effect| effect.as_ref().ok());
            let ours = ours.map_or(f64::NAN, |effect| if key == "yi" { effect.y } else { effect.v });
            let error = relative(ours, theirs, 0.0);
            book.note((MEASURES, code), &origin, quantity, error);
            if let Some(vtype) = vtype.filter(|_| key == "vi") {
                book.note(
                    (VARIANCES, vtype.code()),
                    &Origin { data: code, ..origin },
                    quantity,
                    error,
                );
            }
        }
    }
    Ok(())
}

fn inputs(case: &Value) -> Inputs {
    let mut inputs = Inputs::new();
    let columns = case["inputs"].as_object().into_iter().flatten();
    for (name, values) in columns {
        if let Some(input) = Input::ALL.iter().copied().find(|input| input.code() == name) {
            inputs = inputs.with(input, numbers(values));
        }
    }
    inputs
}
