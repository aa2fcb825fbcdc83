//! The tables of `onset pool`.

use super::answer::{Answer, Coefficient, PredictedEntry, SubgroupsEntry};
use crate::output::{Cell, Sheet};

/// Coefficients first: they are the CSV.
pub fn sheets(answer: &Answer) -> Vec<Sheet> {
    let mut sheets = vec![coefficients(answer)];
    if let Some(scale) = &answer.scale {
        let mut sheet = Sheet::new("ln tau2", &HEADERS);
        scale.iter().for_each(|c| sheet.push(row(c, "z")));
        sheets.push(sheet);
    }
    sheets.push(heterogeneity(answer));
    sheets.extend(other_means(answer));
    if let Some(found) = &answer.subgroups {
        sheets.push(subgroups(found));
    }
    if let Some(found) = &answer.predicted {
        sheets.push(predicted(found));
    }
    sheets.extend(super::chosen::sheets(&answer.chosen));
    sheets.push(studies(answer));
    sheets
}

fn predicted(found: &[PredictedEntry]) -> Sheet {
    let headers = [
        "label",
        "estimate",
        "se",
        "ci_lower",
        "ci_upper",
        "new_lower",
        "new_upper",
    ];
    let mut sheet = Sheet::new("Means at the moderators of each study", &headers);
    for p in found {
        let new = p.prediction.as_ref();
        sheet.push(vec![
            p.label.as_str().into(),
            p.estimate.into(),
            p.se.into(),
            p.ci_lower.into(),
            p.ci_upper.into(),
            new.map(|n| n.lower).into(),
            new.map(|n| n.upper).into(),
        ]);
    }
    sheet
}

const HEADERS: [&str; 12] = [
    "name",
    "estimate",
    "se",
    "statistic",
    "df",
    "p",
    "ci_lower",
    "ci_upper",
    "test",
    "transformed",
    "lower",
    "upper",
];

fn row(c: &Coefficient, test: &str) -> Vec<Cell> {
    let t = c.transformed.as_ref();
    let mut cells = vec![c.name.as_str().into()];
    cells.extend(c.mean.cells());
    cells.extend([
        test.into(),
        t.and_then(|t| t.estimate).into(),
        t.and_then(|t| t.ci_lower).into(),
        t.and_then(|t| t.ci_upper).into(),
    ]);
    cells
}

fn coefficients(answer: &Answer) -> Sheet {
    let mut title = format!("{} studies, {}", answer.k, answer.method);
    match answer.weights.as_ref().map(|weights| &weights.column) {
        None => {}
        Some(None) => title += ", equal weights",
        Some(Some(column)) => title += &format!(", weights of the column '{column}'"),
    }
    let mut sheet = Sheet::new(&title, &HEADERS);
    answer
        .coefficients
        .iter()
        .for_each(|c| sheet.push(row(c, answer.test)));
    answer
        .beside
        .iter()
        .for_each(|b| sheet.push(row(&b.interval, b.test)));
    sheet
}

/// Means with other weights or intervals, where there are any.
fn other_means(answer: &Answer) -> Option<Sheet> {
    let mut sheet = Sheet::new(
        "Other means",
        &["mean", "estimate", "se", "ci_lower", "ci_upper", "tau2"],
    );
    for mean in &answer.other_means {
        sheet.push(vec![
            mean.kind.into(),
            mean.estimate.into(),
            mean.se.into(),
            mean.ci_lower.into(),
            mean.ci_upper.into(),
            mean.tau2.into(),
        ]);
    }
    (!answer.other_means.is_empty()).then_some(sheet)
}

fn heterogeneity(answer: &Answer) -> Sheet {
    let mut sheet = Sheet::new(
        "Heterogeneity and fit",
        &["what", "value", "lower", "upper", "df", "p"],
    );
    let mut push = |what: &str, value: Cell, lower: Cell, upper: Cell, df: Cell, p: Cell| {
        sheet.push(vec![what.into(), value, lower, upper, df, p]);
    };
    let none = || Cell::Missing;
    let (lower, upper) = answer
        .tau2_ci
        .map_or((None, None), |ci| (Some(ci.lower), Some(ci.upper)));
    push(
        "tau2",
        answer.tau2.into(),
        lower.into(),
        upper.into(),
        none(),
        none(),
    );
    push("se(tau2)", answer.se_tau2.into(), none(), none(), none(), none());
    push("I2 %", answer.i2.into(), none(), none(), none(), none());
    push("H2", answer.h2.into(), none(), none(), none(), none());
    if let Some(r2) = answer.r2 {
        push("R2 %", r2.into(), none(), none(), none(), none());
    }
    if let Some(q) = answer.q {
        push("Q", q.value.into(), none(), none(), q.df.into(), q.p.into());
    }
    if let Some(q) = answer.q_moderators {
        push(
            "Q moderators",
            q.value.into(),
            none(),
            none(),
            q.df1.into(),
            q.p.into(),
        );
    }
    if let Some(p) = &answer.prediction {
        push(
            &format!("prediction {}", p.kind),
            none(),
            p.lower.into(),
            p.upper.into(),
            p.df.into(),
            none(),
        );
    }
    if let Some(fit) = answer.fit {
        for (what, value) in [
            ("log-likelihood", fit.loglik),
            ("AIC", fit.aic),
            ("AICc", fit.aicc),
            ("BIC", fit.bic),
        ] {
            push(what, value.into(), none(), none(), none(), none());
        }
    }
    if let Some(tests) = &answer.tables {
        let named = [
            ("CMH", tests.mantel_haenszel),
            ("Breslow-Day", tests.breslow_day),
            ("Tarone", tests.tarone),
        ];
        for (what, test) in named.into_iter().filter_map(|(what, test)| Some((what, test?))) {
            push(
                what,
                test.value.into(),
                none(),
                none(),
                test.df.into(),
                test.p.into(),
            );
        }
    }
    sheet
}

fn subgroups(found: &SubgroupsEntry) -> Sheet {
    let headers = [
        "level", "k", "estimate", "se", "ci_lower", "ci_upper", "tau2", "i2", "q", "p",
    ];
    let mut sheet = Sheet::new(&format!("Subgroups by {}", found.column), &headers);
    for g in &found.groups {
        sheet.push(vec![
            g.level.as_str().into(),
            g.k.into(),
            g.mean.estimate.into(),
            g.mean.se.into(),
            g.mean.ci_lower.into(),
            g.mean.ci_upper.into(),
            g.tau2.into(),
            g.i2.into(),
            g.q.value.into(),
            g.q.p.into(),
        ]);
    }
    if let Some(between) = found.between {
        let mut row = vec!["between".into()];
        row.extend((0..7).map(|_| Cell::Missing));
        row.extend([between.value.into(), between.p.into()]);
        sheet.push(row);
    }
    sheet
}

fn studies(answer: &Answer) -> Sheet {
    let mut sheet = Sheet::new("Studies", &["label", "yi", "vi", "weight %"]);
    for s in &answer.studies {
        sheet.push(vec![
            s.label.as_str().into(),
            s.yi.into(),
            s.vi.into(),
            s.weight.into(),
        ]);
    }
    sheet
}
