//! The tables of `onset diagnose`: influence first, which is the CSV.

use super::answer::{Answer, OutlierRobust, Subset};
use super::gosh::Gosh;
use crate::output::{Cell, Sheet};

/// Influence, subsets, predictions, then the fit itself.
pub fn sheets(answer: &Answer) -> Vec<Sheet> {
    let mut sheets = vec![
        influence(answer),
        subsets("Without each study", &answer.leave_one_out),
        subsets("Cumulative", &answer.cumulative),
        predictions(answer),
    ];
    if let Some(found) = &answer.outlier_robust {
        sheets.push(outliers(found));
    }
    if let Some(found) = &answer.gosh {
        sheets.push(gosh(found));
    }
    sheets.extend(crate::pool::sheets::sheets(&answer.full.value));
    sheets
}

fn influence(answer: &Answer) -> Sheet {
    let names: Vec<String> = answer
        .full
        .value
        .coefficients
        .iter()
        .map(|c| format!("dfbeta {}", c.name))
        .collect();
    let mut headers = vec![
        "label", "rstudent", "dffits", "cook_d", "cov_r", "tau2_del", "q_del", "hat", "weight",
    ];
    headers.extend(names.iter().map(String::as_str));
    headers.push("influential");
    let mut sheet = Sheet::new("Influence", &headers);
    for m in &answer.influence {
        let mut row: Vec<Cell> = vec![
            m.label.as_str().into(),
            m.rstudent.into(),
            m.dffits.into(),
            m.cook_d.into(),
            m.cov_r.into(),
            m.tau2_del.into(),
            m.q_del.into(),
            m.hat.into(),
            m.weight.into(),
        ];
        let dfbeta = |j: usize| m.dfbetas.as_ref().and_then(|d| d.get(j).copied());
        row.extend((0..names.len()).map(|j| Cell::from(dfbeta(j))));
        row.push(m.influential.map(|yes| if yes { "yes" } else { "no" }).into());
        sheet.push(row);
    }
    sheet
}

fn subsets(title: &str, subsets: &[Subset]) -> Sheet {
    let headers = [
        "label", "k", "name", "estimate", "se", "ci_lower", "ci_upper", "tau2", "i2", "q",
    ];
    let mut sheet = Sheet::new(title, &headers);
    for s in subsets {
        let shared = |name: &str, numbers: [Option<f64>; 4]| {
            let mut row: Vec<Cell> = vec![s.label.as_str().into(), s.k.into(), name.into()];
            row.extend(numbers.map(Cell::from));
            row.extend([s.tau2, s.i2, s.q].map(Cell::from));
            row
        };
        match &s.coefficients {
            None => sheet.push(shared("intercept", [s.estimate, s.se, s.ci_lower, s.ci_upper])),
            Some(coefficients) => coefficients.iter().for_each(|c| {
                let numbers = [c.estimate, c.se, c.ci_lower, c.ci_upper].map(Some);
                sheet.push(shared(&c.name, numbers));
            }),
        }
    }
    sheet
}

fn predictions(answer: &Answer) -> Sheet {
    let headers = ["label", "blup", "se", "residual", "z", "baujat x", "baujat y"];
    let mut sheet = Sheet::new("Predicted effects and residuals", &headers);
    let rows = answer.blup.iter().zip(&answer.residuals).zip(&answer.baujat);
    for ((blup, residual), baujat) in rows {
        sheet.push(vec![
            blup.label.as_str().into(),
            blup.estimate.into(),
            blup.se.into(),
            residual.residual.into(),
            residual.z.into(),
            baujat.x.into(),
            baujat.y.into(),
        ]);
    }
    sheet
}

fn gosh(found: &Gosh) -> Sheet {
    let kind = if found.complete { "All" } else { "Random" };
    let title = format!(
        "{kind} {} subsets: medians with and without each study",
        found.subsets
    );
    let headers = ["label", "mean with", "mean without", "I2 with", "I2 without"];
    let mut sheet = Sheet::new(&title, &headers);
    for study in &found.studies {
        sheet.push(vec![
            study.label.as_str().into(),
            study.estimate_with.into(),
            study.estimate_without.into(),
            study.i2_with.into(),
            study.i2_without.into(),
        ]);
    }
    sheet
}

fn outliers(found: &OutlierRobust) -> Sheet {
    let headers = [
        "name",
        "estimate",
        "se",
        "ci_lower",
        "ci_upper",
        "tau2",
        "tau2_outlying",
        "probability",
    ];
    let mut sheet = Sheet::new(
        "Robust against outliers: mixture of two normal distributions",
        &headers,
    );
    let missing = || Cell::Missing;
    sheet.push(vec![
        "mean".into(),
        found.estimate.into(),
        found.se.into(),
        found.ci_lower.into(),
        found.ci_upper.into(),
        found.tau2.into(),
        found.tau2_outlying.into(),
        found.share_outlying.into(),
    ]);
    let likely = found
        .studies
        .iter()
        .filter(|study| study.probability.is_some_and(|p| p > 0.5));
    for study in likely {
        let mut row: Vec<Cell> = vec![format!("outlying: {}", study.label).into()];
        row.extend(std::iter::repeat_with(missing).take(6));
        row.push(study.probability.into());
        sheet.push(row);
    }
    sheet
}
