//! A number in a figure, a sentence, a table and the JSON is one value.

#![allow(clippy::unwrap_used)] // helpers of tests stand outside of #[test] functions

mod markup;
mod sample;

use markup::{drawn, visible};
use onset_plot::text;
use onset_plot::text::Scale;
use onset_report::json::{self, JsonError};
use onset_report::{bundle, figures, report, tables};

fn squeezed(text: &str) -> String {
    text.chars().filter(|c| !c.is_whitespace()).collect()
}

#[test]
fn tables_and_forest_plots_print_the_same_numbers() {
    let answers = sample::answers();
    let figures = figures::figures(&answers);
    let page = squeezed(&visible(&report::report(&answers).unwrap()));
    for pool in answers.size.by.iter().filter(|pool| pool.estimate.is_some()) {
        let name = format!("forest-{}", pool.id.replace('/', "-"));
        let figure = figures.iter().find(|f| f.name == name).unwrap();
        let (wide, narrow) = (drawn(&figure.wide.to_inline()), drawn(&figure.narrow.to_inline()));
        let scale = Scale::of(&pool.measure);
        let mut shown: Vec<String> = pool
            .studies
            .iter()
            .map(|s| text::cell(s.shown.value, s.shown.lower, s.shown.upper, scale))
            .collect();
        let found = pool.estimate.as_ref().unwrap();
        if pool.k > 1 {
            shown.push(text::cell(found.value, found.lower, found.upper, scale));
        }
        for number in shown {
            let number = squeezed(&number);
            assert!(page.contains(&number), "{}: {number} is not on the page", pool.id);
            for drawing in [&wide, &narrow] {
                assert!(
                    drawing.contains(&number),
                    "{}: {number} is not in the figure",
                    pool.id
                );
            }
        }
    }
}

#[test]
fn people_per_hundred_are_the_same_in_figure_table_and_patient_page() {
    let answers = sample::answers();
    let figures = figures::figures(&answers);
    for pool in &answers.size.by {
        let Some(absolute) = &pool.absolute else { continue };
        let name = format!("icons-{}", pool.id.replace('/', "-"));
        let figure = figures.iter().find(|f| f.name == name).unwrap();
        for risk in [&absolute.control_risk, &absolute.treatment_risk] {
            let number = squeezed(&format!("{} of 100", text::per_100(risk.value)));
            assert!(
                drawn(&figure.wide.to_inline()).contains(&number),
                "{name}: {number}"
            );
            assert!(
                drawn(&figure.narrow.to_inline()).contains(&number),
                "{name}: {number}"
            );
        }
    }
}

#[test]
fn csv_holds_the_numbers_of_the_json() {
    let answers = sample::answers();
    let pools = tables::tables(&answers)
        .into_iter()
        .find(|t| t.name == "pools")
        .unwrap();
    let bytes = pools.to_csv().unwrap();
    let mut reader = csv::Reader::from_reader(bytes.as_slice());
    let header = reader.headers().unwrap().clone();
    let column = |name: &str| header.iter().position(|h| h == name).unwrap();
    let json = String::from_utf8(json::results(&answers).unwrap()).unwrap();
    let mut compared = 0;
    for (record, pool) in reader.records().zip(&answers.size.by) {
        let record = record.unwrap();
        assert_eq!(record[column("pool")], pool.id);
        let found = pool.estimate.as_ref();
        let numbers = [
            ("estimate", found.map(|e| e.value)),
            ("ci_lower", found.map(|e| e.lower)),
            ("ci_upper", found.map(|e| e.upper)),
        ];
        for (name, value) in numbers {
            let written = &record[column(name)];
            assert_eq!(written.parse().ok(), value, "{name} of {}", pool.id);
            assert!(
                value.is_none() || json.contains(&format!(": {written}")),
                "{written}"
            );
        }
        compared += 1;
    }
    assert_eq!(compared, answers.size.by.len());
}

#[test]
fn json_ends_with_a_newline_and_refuses_what_is_not_finite() {
    let mut answers = sample::answers();
    let bytes = json::results(&answers).unwrap();
    assert!(bytes.ends_with(b"}\n"));
    answers.size.by[1].studies[2].weight = f64::NAN;
    let error = json::results(&answers).unwrap_err();
    assert_eq!(
        error,
        JsonError::NotFinite {
            path: "/size/by/1/studies/2/weight".to_owned()
        }
    );
    assert!(bundle(&answers, &[]).is_err());
}

#[test]
fn no_cell_of_any_table_begins_a_formula() {
    let answers = sample::answers();
    let mut cells = 0;
    for table in tables::tables(&answers) {
        let bytes = table.to_csv().unwrap();
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        for record in reader.records() {
            for cell in record.unwrap().iter() {
                let starts = cell.starts_with(['=', '+', '-', '@', '\t', '\r']);
                assert!(!starts || cell.parse::<f64>().is_ok(), "{}: {cell}", table.name);
                cells += 1;
            }
        }
    }
    assert!(cells > 1000);
}
