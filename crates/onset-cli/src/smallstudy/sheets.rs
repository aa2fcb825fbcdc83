//! The tables of `onset smallstudy`.

use super::answer::{Answer, CopasEntry};
use crate::estimates::Mean;
use crate::output::{Cell, Sheet};

/// Tests first: they are the CSV.
pub fn sheets(answer: &Answer) -> Vec<Sheet> {
    let mut sheets = vec![tests(answer), adjusted(answer), strength(answer)];
    if let Some(found) = &answer.copas {
        sheets.push(copas(found));
    }
    if !answer.selection.is_empty() {
        sheets.push(selection(answer));
    }
    sheets
}

fn tests(answer: &Answer) -> Sheet {
    let title = format!("Tests of small-study effects, {} studies", answer.k);
    let headers = [
        "name",
        "k",
        "statistic",
        "df",
        "p",
        "estimate",
        "slope",
        "slope_se",
    ];
    let mut sheet = Sheet::new(&title, &headers);
    for t in &answer.tests {
        sheet.push(vec![
            t.name.into(),
            t.k.into(),
            t.statistic.into(),
            t.df.into(),
            t.p.into(),
            t.estimate.into(),
            t.slope.into(),
            t.slope_se.into(),
        ]);
    }
    sheet
}

fn adjusted(answer: &Answer) -> Sheet {
    let headers = ["name", "estimate", "se", "ci_lower", "ci_upper", "remark"];
    let mut sheet = Sheet::new("Adjusted estimates", &headers);
    let mut push = |name: &str, mean: Option<&Mean>, remark: String| {
        sheet.push(vec![
            name.into(),
            mean.map(|m| m.estimate).into(),
            mean.map(|m| m.se).into(),
            mean.map(|m| m.ci_lower).into(),
            mean.map(|m| m.ci_upper).into(),
            remark.into(),
        ]);
    };
    push("unadjusted", Some(&answer.unadjusted), answer.method.to_owned());
    push("PET", answer.pet.as_ref().map(|p| &p.mean), String::new());
    push("PEESE", answer.peese.as_ref().map(|p| &p.mean), String::new());
    let chosen = answer.pet_peese.as_ref();
    push(
        "PET-PEESE",
        chosen.map(|c| &c.mean),
        chosen.map_or_else(String::new, |c| c.chosen.to_owned()),
    );
    push("limit", answer.limit.as_ref().map(|l| &l.mean), String::new());
    if let Some(m) = &answer.henmi_copas {
        sheet.push(vec![
            "Henmi-Copas".into(),
            m.estimate.into(),
            m.se.into(),
            m.ci_lower.into(),
            m.ci_upper.into(),
            Cell::Missing,
        ]);
    }
    for t in &answer.trim_fill {
        let remark =
            t.k0.zip(t.side)
                .map(|(k0, side)| format!("{k0} filled in, {side}"));
        sheet.push(vec![
            format!("trim and fill {}", t.estimator).into(),
            t.estimate.into(),
            t.se.into(),
            t.ci_lower.into(),
            t.ci_upper.into(),
            remark.into(),
        ]);
    }
    if let Some(w) = &answer.worst_case {
        sheet.push(vec![
            "worst case".into(),
            w.estimate.into(),
            w.se.into(),
            w.ci_lower.into(),
            w.ci_upper.into(),
            format!("{} nonaffirmative", w.k_nonaffirmative).into(),
        ]);
    }
    if let Some(p) = &answer.p_uniform {
        sheet.push(vec![
            "p-uniform*".into(),
            p.estimate.into(),
            Cell::Missing,
            p.ci_lower.into(),
            p.ci_upper.into(),
            format!("{} significant", p.k_significant).into(),
        ]);
    }
    sheet
}

fn strength(answer: &Answer) -> Sheet {
    let mut sheet = Sheet::new("How much it would take", &["name", "value", "p"]);
    for f in &answer.fail_safe {
        let n = f.n.map(|n| n as f64);
        sheet.push(vec![
            format!("fail-safe N, {}", f.kind).into(),
            n.into(),
            Cell::Missing,
        ]);
    }
    if let Some(w) = &answer.worst_case {
        sheet.push(vec!["S-value".into(), w.s_value.into(), Cell::Missing]);
    }
    if let Some(e) = &answer.excess_significance {
        sheet.push(vec![
            "significant, observed".into(),
            e.observed.into(),
            e.p.into(),
        ]);
        sheet.push(vec![
            "significant, expected".into(),
            e.expected.into(),
            Cell::Missing,
        ]);
    }
    sheet
}

fn selection(answer: &Answer) -> Sheet {
    let title = format!("Selection models, side {}", answer.side);
    let headers = [
        "type", "estimate", "se", "ci_lower", "ci_upper", "tau2", "delta", "loglik", "lrt", "p", "solution",
    ];
    let mut sheet = Sheet::new(&title, &headers);
    for s in &answer.selection {
        let delta: Vec<String> = s.delta.iter().map(|d| format!("{d:.4}")).collect();
        sheet.push(vec![
            s.kind.into(),
            s.estimate.into(),
            s.se.into(),
            s.ci_lower.into(),
            s.ci_upper.into(),
            s.tau2.into(),
            delta.join(" ").into(),
            s.loglik.into(),
            s.lrt.into(),
            s.p.into(),
            s.solution.kind.into(),
        ]);
    }
    sheet
}

fn copas(copas: &CopasEntry) -> Sheet {
    let headers = [
        "smallest published",
        "largest published",
        "estimate",
        "se",
        "ci_lower",
        "ci_upper",
        "tau2",
        "rho",
        "unpublished",
        "p of trend",
        "remark",
    ];
    let mut sheet = Sheet::new(
        "Copas model: chances of publication of the smallest and the largest study",
        &headers,
    );
    let rows = std::iter::once((&copas.unselected, "all published"));
    let rows = rows.chain(copas.line.iter().map(|row| (row, "")));
    for (row, remark) in rows.chain(copas.enough.iter().map(|row| (row, "fewest that leave no trend"))) {
        sheet.push(vec![
            row.p_smallest.into(),
            row.p_largest.into(),
            row.mean.estimate.into(),
            row.mean.se.into(),
            row.mean.ci_lower.into(),
            row.mean.ci_upper.into(),
            row.tau2.into(),
            row.rho.into(),
            row.unpublished.into(),
            row.trend_p.into(),
            remark.into(),
        ]);
    }
    sheet
}
