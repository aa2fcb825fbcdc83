//! docs/validation.md: every comparison with reference values, run again.

mod bayes;
mod counts;
mod courses;
mod dependent;
mod diagnostics;
mod effects;
mod likelihood_routes;
mod network;
mod pairwise;
mod reference;
mod regression;
mod second_route;
mod smallstudy;
mod strata;
mod weights;

use crate::Fallible;
use crate::methods::{
    ADJUSTMENTS, COMPAT, MEASURES, MULTILEVEL, RECOVERY, ROBUST, SELECTION, STRATA, families,
};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// Family and code of a method.
type Method = (&'static str, String);

/// What is known about one method.
#[derive(Default)]
struct Evidence {
    /// Programs and versions that the numbers were compared with.
    references: Vec<String>,
    /// Data sets.
    data: Vec<String>,
    /// Numbers compared.
    compared: usize,
    /// Worst error of each quantity.
    worst: BTreeMap<&'static str, f64>,
}

/// Evidence of all methods.
#[derive(Default)]
pub struct Book {
    methods: BTreeMap<Method, Evidence>,
    /// Reference blocks that nothing was compared with.
    unused: BTreeMap<String, usize>,
}

/// Where a comparison comes from.
struct Origin<'a> {
    reference: &'a str,
    data: &'a str,
}

impl Book {
    /// Notes that a quantity of a method was computed as `ours` where `error` is what parts it from the
    /// reference.
    fn note(&mut self, method: (&'static str, &str), origin: &Origin, quantity: &'static str, error: f64) {
        let evidence = self.methods.entry((method.0, method.1.to_owned())).or_default();
        push_new(&mut evidence.references, origin.reference);
        push_new(&mut evidence.data, origin.data);
        evidence.compared += 1;
        let worst = evidence.worst.entry(quantity).or_insert(0.0);
        // an error that is no number is the worst of all
        if error.is_nan() || error > *worst {
            *worst = if error.is_nan() { f64::INFINITY } else { error };
        }
    }

    /// Notes a reference block that stays unused.
    fn unused(&mut self, block: &str) {
        *self.unused.entry(block.to_owned()).or_insert(0) += 1;
    }
}

fn push_new(list: &mut Vec<String>, text: &str) {
    if !list.iter().any(|known| known == text) {
        list.push(text.to_owned());
    }
}

/// What parts `ours` from `theirs`, in units of `theirs`, or of `least` where that is larger.
fn relative(ours: f64, theirs: f64, least: f64) -> f64 {
    if ours == theirs {
        return 0.0;
    }
    (ours - theirs).abs() / theirs.abs().max(least)
}

/// Family, code and what must be said beside the numbers, or in their place.
const REMARKS: &[(&str, &str, &str)] = &[
    (
        MEASURES,
        "RTET",
        "the reference stops early: ours meets the observed cell more closely (a test)",
    ),
    (MEASURES, "ZTET", "as RTET"),
    (
        crate::methods::GIVEN,
        "GENQM",
        "second route: tau2 by Imhof's integral, the rest of the reference at that tau2",
    ),
    (
        crate::methods::NETWORKS,
        "random walk",
        "second route: the sum over all paths (a test)",
    ),
    (
        crate::methods::NETWORKS,
        "classes",
        "second route: the marginal likelihood by whole matrices (a test)",
    ),
    (
        crate::methods::NETWORKS,
        "MH",
        "also the pairwise estimate of two treatments, the binomial covariance of one study, and repeated trials (tests)",
    ),
    (
        crate::methods::NETWORKS,
        "knha",
        "second route: the pairwise intervals of two treatments (a test)",
    ),
    (
        crate::methods::NETWORKS,
        "funnel",
        "second route: Egger's test of two treatments (a test)",
    ),
    (
        crate::methods::NETWORKS,
        "bayes",
        "also the pooled posterior of two treatments, brute force over every parameter, and the no-U-turn sampler (tests)",
    ),
    (
        crate::methods::BAYES,
        "meta-regression",
        "also the pooled posterior of an intercept alone, and brute force over every parameter (tests)",
    ),
    (
        RECOVERY,
        "SE from an interval",
        "second route: an interval made from its SE, with z and t (tests)",
    ),
    (
        RECOVERY,
        "SE from p",
        "second route: p made from its SE, with z and t (tests)",
    ),
    (RECOVERY, "SD from SE", "second route: there and back (a test)"),
    (RECOVERY, "d from t and F", "by hand from raw means (tests)"),
    (
        RECOVERY,
        "table from margins and OR",
        "second route: margins and OR of made tables give the cells back (a test)",
    ),
    (
        RECOVERY,
        "median and range",
        "by hand; symmetric quantiles keep the median (tests)",
    ),
    (
        RECOVERY,
        "median and quartiles",
        "by hand; symmetric quantiles keep the median (tests)",
    ),
    (
        RECOVERY,
        "five numbers",
        "by hand; symmetric quantiles keep the median (tests)",
    ),
    (RECOVERY, "Hozo", "by hand (a test)"),
    (
        RECOVERY,
        "quantile estimation",
        "second route: exact quantiles of each distribution give it back (a test)",
    ),
    (
        RECOVERY,
        "groups combined",
        "second route: mean and SD of all people put together (a test)",
    ),
    (RECOVERY, "SD of change", "second route: there and back (a test)"),
    (
        COMPAT,
        "metafor",
        "the same flags by hand (a test); the pools below are its",
    ),
    (
        COMPAT,
        "meta",
        "meta 8.4.0 on bcg to 1e-6: its REML stops early (a test)",
    ),
    (
        COMPAT,
        "revman5",
        "second route: its flags by hand, its subgroups one by one (tests)",
    ),
    (STRATA, "subgroups", "second route: each group by itself (a test)"),
    (
        crate::methods::COURSES,
        "NUTS",
        "Monte Carlo error of both: ours of 4 x 1,000 draws",
    ),
    (
        crate::methods::SURVIVAL,
        "reconstruction",
        "the reference leaves out one point as an outlier: without it the hazard ratio agrees to its digits (a test)",
    ),
    (
        crate::methods::SURVIVAL,
        "RMST, all horizons, UN",
        "a boundary solution, printed to four digits",
    ),
    (
        crate::methods::SURVIVAL,
        "hazard ratio",
        "every route gives back the one it was made from; one trial by hand (tests)",
    ),
    (MEASURES, "HR", "given with its standard error, not computed"),
    (MEASURES, "GEN", "given with its variance, not computed"),
    (
        MULTILEVEL,
        "UN",
        "the reference stops below the singular maximum of ishak2007: ours is the higher likelihood (a test)",
    ),
    (
        ROBUST,
        "wild bootstrap",
        "second route in a test: every pattern of signs by whole matrices",
    ),
    (
        ADJUSTMENTS,
        "trim_fill L0",
        "the reference stops REML early on filled data: ours is nearer the maximum (a test)",
    ),
    (ADJUSTMENTS, "trim_fill R0", "as L0"),
    (
        ADJUSTMENTS,
        "trim_fill Q0",
        "no reference values: its formula is tested by hand",
    ),
    (
        SELECTION,
        "halfnorm",
        "the reference stops early: ours has the higher likelihood (a test)",
    ),
    (SELECTION, "power", "as halfnorm"),
];

/// The whole page.
pub fn page(oracles: &Path) -> Fallible<String> {
    let mut book = Book::default();
    effects::compare(oracles, &mut book)?;
    pairwise::compare(oracles, &mut book)?;
    strata::compare(oracles, &mut book)?;
    counts::compare(oracles, &mut book)?;
    regression::compare(oracles, &mut book)?;
    weights::compare(oracles, &mut book)?;
    diagnostics::compare(oracles, &mut book)?;
    dependent::compare(oracles, &mut book)?;
    second_route::compare(oracles, &mut book)?;
    likelihood_routes::compare(oracles, &mut book)?;
    smallstudy::compare(oracles, &mut book)?;
    bayes::compare(oracles, &mut book)?;
    network::compare(oracles, &mut book)?;
    courses::compare(oracles, &mut book)?;
    let mut page = String::from(HEAD);
    for family in families() {
        writeln!(page, "\n## {}\n\n{COLUMNS}", family.name)?;
        for code in family.codes {
            let evidence = book.methods.get(&(family.name, code.to_owned()));
            let remark = REMARKS
                .iter()
                .find(|row| row.0 == family.name && row.1 == code)
                .map(|row| row.2);
            match (evidence, remark) {
                (Some(evidence), _) => writeln!(page, "{}", row(code, evidence, remark))?,
                (None, Some(remark)) => writeln!(page, "| `{code}` | {remark} | | | |")?,
                (None, None) => writeln!(page, "| `{code}` | **unchecked** | | | |")?,
            }
        }
    }
    if !book.unused.is_empty() {
        page.push_str(UNUSED);
        for (block, times) in &book.unused {
            writeln!(page, "| {block} | {times} |")?;
        }
    }
    Ok(page)
}

fn row(code: &str, evidence: &Evidence, remark: Option<&str>) -> String {
    let worst: Vec<String> = evidence
        .worst
        .iter()
        .map(|(quantity, error)| format!("{quantity} {}", bound(*error)))
        .collect();
    let remark = remark.map_or(String::new(), |remark| format!("; {remark}"));
    let references = evidence.references.join("; ");
    let data = match evidence.data.len() {
        many @ 5.. => format!("{many} data sets"),
        _ => evidence.data.join(", "),
    };
    format!(
        "| `{code}` | {references} | {data} | {} | {}{remark} |",
        evidence.compared,
        worst.join(", ")
    )
}

/// The next power of ten above an error, so that the page is the same on every processor.
fn bound(error: f64) -> String {
    if !error.is_finite() {
        return "**not a number**".to_owned();
    }
    let power = error.max(1e-15).log10().ceil();
    format!("1e{power}")
}

const HEAD: &str = "# Validation

Written by `cargo xtask validation`; do not edit. Every number is computed again and compared with the reference values
in `oracles/` (how each was made stands in `oracles/README.md`). An error is relative: of an estimate and its interval in
units of the estimate or its standard error, whichever is larger; of tau2 in units of tau2 or the smallest sampling
variance, whichever is larger; of everything else in units of the reference. It is rounded up to a power of ten.
";

const COLUMNS: &str = "| method | reference | data | numbers | worst error |\n|---|---|---|---|---|";

const UNUSED: &str = "
## Reference values without a comparison

What another program computes on these data and this page does not yet compare.

| block | cases |
|---|---|
";

#[cfg(test)]
mod tests {
    use super::{bound, relative};

    #[test]
    fn bounds_are_rounded_up() {
        assert_eq!(bound(0.0), "1e-15");
        assert_eq!(bound(2e-12), "1e-11");
        assert_eq!(bound(f64::INFINITY), "**not a number**");
    }

    #[test]
    fn errors_are_relative_to_the_larger() {
        assert_eq!(relative(1.5, 1.0, 0.1), 0.5);
        assert_eq!(relative(0.5, 0.0, 0.5), 1.0);
    }
}
