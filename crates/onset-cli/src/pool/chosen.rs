//! Chosen coefficients of a meta-regression: their tests, hypotheses about them, their inflation.

use super::ModelArgs;
use super::answer::Coefficient;
use crate::arguments::usage;
use crate::estimates::Mean;
use crate::output::{Cell, Sheet};
use onset::data::Diagnostic;
use onset::models::regress::{Design, Inflation, JointTest, RegressError, Regression};
use serde::Serialize;

/// Blocks of the answer; each is absent where it was not asked for or does not apply.
#[derive(Debug, Clone, Default, Serialize)]
pub struct Chosen {
    /// With `--btt`, one a flag.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub wald_tests: Vec<WaldEntry>,
    /// With `--contrast`, one a flag.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub contrasts: Vec<Coefficient>,
    /// All of them at once; null where one follows from the others.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub q_contrasts: Option<Option<JointTest>>,
    /// Variance inflation of every coefficient but the intercept.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub vif: Vec<Inflation>,
    /// Generalised variance inflation of every term with several coefficients.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub gvif: Vec<Inflation>,
}

/// Joint test of some coefficients.
#[derive(Debug, Clone, Serialize)]
pub struct WaldEntry {
    /// As asked for.
    pub btt: String,
    pub coefficients: Vec<String>,
    /// Null where their covariance is singular.
    #[serde(flatten)]
    pub test: JointTest,
}

/// The blocks of a fit.
///
/// # Errors
/// `usage` for a word that names no coefficient, and for a hypothesis that cannot be read.
pub fn chosen(model: &ModelArgs, design: &Design, fit: &Regression) -> Result<Chosen, Diagnostic> {
    let at_fault = |flag: &str, message: String| usage(format!("{flag}: {message}"));
    let mut wald_tests = Vec::new();
    for words in &model.btt {
        let columns = design
            .chosen(words)
            .map_err(|e| at_fault("--btt", e.to_string()))?;
        let test = fit
            .wald_test(&columns)
            .map_err(|e| at_fault("--btt", e.to_string()))?;
        let names = columns.iter().filter_map(|&c| design.names().get(c).cloned());
        wald_tests.push(WaldEntry {
            btt: words.clone(),
            coefficients: names.collect(),
            test: test
                .filter(|t| t.value.is_finite() && t.p.is_finite())
                .ok_or_else(|| singular(words))?,
        });
    }
    let fault = |e: RegressError| at_fault("--contrast", e.to_string());
    let (mut rows, mut contrasts) = (Vec::new(), Vec::new());
    for text in &model.contrast {
        let row = design
            .hypothesis(text)
            .map_err(|e| at_fault("--contrast", e.to_string()))?;
        let found = fit.contrast(&row).map_err(fault)?;
        if !(found.estimate.is_finite() && found.standard_error.is_finite() && found.p.is_finite()) {
            let message = format!("'{text}' is no finite number. Hint: smaller factors");
            return Err(at_fault("--contrast", message));
        }
        contrasts.push(Coefficient::new(text, &found, None));
        rows.push(row);
    }
    Ok(Chosen {
        wald_tests,
        contrasts,
        q_contrasts: if rows.is_empty() {
            None
        } else {
            let joint = fit.joint_test(&rows).map_err(fault)?;
            Some(joint.filter(|t| t.value.is_finite() && t.p.is_finite()))
        },
        vif: fit.inflation(),
        gvif: fit.term_inflation(),
    })
}

fn singular(words: &str) -> Diagnostic {
    usage(format!(
        "--btt: the covariance of '{words}' is singular, so there is no joint test of them"
    ))
}

/// The tables of the blocks that are there.
pub fn sheets(chosen: &Chosen) -> Vec<Sheet> {
    let mut sheets = Vec::new();
    if !chosen.wald_tests.is_empty() {
        let headers = ["coefficients", "value", "df1", "df2", "p"];
        let mut sheet = Sheet::new("Tests of chosen coefficients", &headers);
        for entry in &chosen.wald_tests {
            sheet.push(joint(&entry.coefficients.join(", "), &entry.test));
        }
        sheets.push(sheet);
    }
    if !chosen.contrasts.is_empty() {
        let mut headers = vec!["contrast"];
        headers.extend(Mean::HEADERS);
        let mut sheet = Sheet::new("Contrasts of coefficients", &headers);
        for c in &chosen.contrasts {
            let mut cells = vec![c.name.as_str().into()];
            cells.extend(c.mean.cells());
            sheet.push(cells);
        }
        sheets.push(sheet);
    }
    if let (Some(Some(test)), true) = (&chosen.q_contrasts, chosen.contrasts.len() > 1) {
        let mut sheet = Sheet::new("All contrasts", &["contrasts", "value", "df1", "df2", "p"]);
        sheet.push(joint("all", test));
        sheets.push(sheet);
    }
    if chosen.vif.len() > 1 {
        let headers = ["name", "coefficients", "gvif", "gsif"];
        let mut sheet = Sheet::new("Variance inflation", &headers);
        for one in chosen.vif.iter().chain(&chosen.gvif) {
            sheet.push(vec![
                one.name.as_str().into(),
                one.m.into(),
                one.gvif.into(),
                one.gsif.into(),
            ]);
        }
        sheets.push(sheet);
    }
    sheets
}

fn joint(name: &str, test: &JointTest) -> Vec<Cell> {
    vec![
        name.into(),
        test.value.into(),
        test.df1.into(),
        test.df2.into(),
        test.p.into(),
    ]
}
