//! The tables of `onset multilevel`.

use super::answer::Answer;
use crate::output::{Cell, Sheet};
use crate::pool::answer::Coefficient;

const HEADERS: [&str; 11] = [
    "name",
    "estimate",
    "se",
    "statistic",
    "df",
    "p",
    "ci_lower",
    "ci_upper",
    "transformed",
    "lower",
    "upper",
];

/// Coefficients, robust coefficients, components, fit.
pub fn sheets(answer: &Answer) -> Vec<Sheet> {
    let title = format!("{} effects, {}", answer.k, answer.method);
    let mut sheets = vec![coefficients(&title, &answer.coefficients)];
    if let Some(robust) = &answer.robust {
        let title = format!(
            "{}, {} clusters of '{}'",
            robust.kind, robust.clusters, robust.cluster
        );
        sheets.push(coefficients(&title, &robust.coefficients));
    }
    if let Some(band) = &answer.rho_band {
        for entry in band {
            sheets.push(coefficients(&format!("rho = {}", entry.rho), &entry.coefficients));
        }
    }
    sheets.push(components(answer));
    sheets.push(fit(answer));
    sheets.extend(lrt(answer));
    sheets.extend(prediction(answer));
    sheets.extend(blup(answer));
    sheets.extend(influence(answer));
    sheets
}

fn prediction(answer: &Answer) -> Option<Sheet> {
    let found = answer.prediction.flatten()?;
    let headers = ["estimate", "ci_lower", "ci_upper", "pi_lower", "pi_upper"];
    let mut sheet = Sheet::new("Prediction", &headers);
    let mean = &found.mean;
    let row = [
        mean.estimate,
        mean.ci_lower,
        mean.ci_upper,
        found.pi_lower,
        found.pi_upper,
    ];
    sheet.push(row.map(Cell::from).to_vec());
    Some(sheet)
}

fn lrt(answer: &Answer) -> Option<Sheet> {
    let headers = ["without", "statistic", "df", "p", "p at the boundary"];
    let mut sheet = Sheet::new("Likelihood-ratio tests", &headers);
    for test in answer.lrt.as_ref()? {
        sheet.push(vec![
            test.name.as_str().into(),
            test.statistic.into(),
            test.df.into(),
            test.p.into(),
            test.p_boundary.into(),
        ]);
    }
    Some(sheet)
}

fn blup(answer: &Answer) -> Option<Sheet> {
    let mut sheet = Sheet::new(
        "Predicted random effects",
        &["random", "group", "level", "estimate", "se"],
    );
    for found in answer.blup.as_ref()? {
        sheet.push(vec![
            found.random.as_str().into(),
            found.group.as_str().into(),
            found.level.clone().into(),
            found.estimate.into(),
            found.se.into(),
        ]);
    }
    Some(sheet)
}

fn influence(answer: &Answer) -> Option<Sheet> {
    let found = answer.influence.as_ref()?;
    let mut headers = vec!["without".to_owned(), "effects".to_owned(), "cook_d".to_owned()];
    headers.extend(answer.coefficients.iter().map(|c| c.name.clone()));
    let headers: Vec<&str> = headers.iter().map(String::as_str).collect();
    let mut sheet = Sheet::new("Without each cluster", &headers);
    for entry in &found.clusters {
        let mut row = vec![
            entry.label.as_str().into(),
            entry.effects.into(),
            entry.cook_d.into(),
        ];
        for at in 0..answer.coefficients.len() {
            let estimate = entry.estimates.as_ref().and_then(|all| all.get(at).copied());
            row.push(estimate.into());
        }
        sheet.push(row);
    }
    Some(sheet)
}

fn coefficients(title: &str, found: &[Coefficient]) -> Sheet {
    let mut sheet = Sheet::new(title, &HEADERS);
    for c in found {
        let t = c.transformed.as_ref();
        let mut cells: Vec<Cell> = vec![c.name.as_str().into()];
        cells.extend(c.mean.cells());
        cells.extend([
            t.and_then(|t| t.estimate).into(),
            t.and_then(|t| t.ci_lower).into(),
            t.and_then(|t| t.ci_upper).into(),
        ]);
        sheet.push(cells);
    }
    sheet
}

fn components(answer: &Answer) -> Sheet {
    let mut sheet = Sheet::new("Random effects", &["what", "name", "value", "lower", "upper"]);
    let groups = [
        ("sigma2", &answer.sigma2),
        ("tau2", &answer.tau2),
        ("rho", &answer.rho),
    ];
    for (what, found) in groups {
        for c in found {
            sheet.push(vec![
                what.into(),
                c.name.as_str().into(),
                c.value.into(),
                c.ci_lower.into(),
                c.ci_upper.into(),
            ]);
        }
    }
    sheet
}

fn fit(answer: &Answer) -> Sheet {
    let mut sheet = Sheet::new("Fit", &["what", "value", "df", "df2", "p"]);
    let mut test = |what: &str, value: f64, df: f64, df2: Option<f64>, p: f64| {
        sheet.push(vec![what.into(), value.into(), df.into(), df2.into(), p.into()]);
    };
    test("Q", answer.q.value, answer.q.df, None, answer.q.p);
    if let Some(q) = answer.q_moderators {
        test("Q moderators", q.value, q.df1, q.df2, q.p);
    }
    if let Some(q) = answer.robust.as_ref().and_then(|robust| robust.wald) {
        test("HTZ moderators", q.value, q.df1, q.df2, q.p);
    }
    if let Some(wild) = answer.robust.as_ref().and_then(|robust| robust.wild) {
        test(
            "wild bootstrap",
            wild.statistic,
            wild.replicates as f64,
            None,
            wild.p,
        );
    }
    let criteria = [
        ("log-likelihood", answer.fit.loglik),
        ("AIC", answer.fit.aic),
        ("AICc", answer.fit.aicc),
        ("BIC", answer.fit.bic),
    ];
    for (what, value) in criteria {
        let none = || Cell::Missing;
        sheet.push(vec![what.into(), value.into(), none(), none(), none()]);
    }
    sheet
}
