//! Each conversion by hand: tiny tables in, the effect and the name of the conversion out.

mod networks;
mod support;

use support::{PROTOCOL, answers, answers_with, arms, events, means, pool, study};

/// Closed forms: a few roundings.
const CLOSED_FORM: f64 = 1e-11;

fn close(found: f64, wanted: f64) {
    assert!(
        (found - wanted).abs() <= CLOSED_FORM * wanted.abs().max(1.0),
        "{found} v {wanted}"
    );
}

fn allow(conversion: &str) -> String {
    format!("{PROTOCOL}\n[model]\nconversions = [\"combine-arms\", \"zero-cell\", \"{conversion}\"]\n")
}

fn forbid() -> String {
    format!("{PROTOCOL}\n[model]\nconversions = []\n")
}

/// n, mean, sd, se, low, high, then five summary cells, events, percent, basis, set, period.
fn cells(n: &str, mean: &str, sd: &str, se: &str, low: &str, high: &str, rest: &str) -> String {
    format!("{n},{mean},{sd},{se},{low},{high},{rest}")
}

const NOTHING: &str = ",,,,,,,,,";

fn plain(id: &str) -> String {
    means(
        id,
        "t",
        "MADRS",
        "24",
        "endpoint",
        &cells("20", "12.7", "7.6", "", "", "", NOTHING),
    ) + &means(
        id,
        "c",
        "MADRS",
        "24",
        "endpoint",
        &cells("20", "16.4", "10", "", "", "", NOTHING),
    )
}

#[test]
fn means_and_sds_need_no_conversion() {
    let found = answers(&study("a", "parallel"), &arms("a"), &plain("a"), "");
    let pool = pool(&found, "depression");
    close(pool.studies[0].effect, 12.7 - 16.4);
    close(pool.studies[0].se.powi(2), (7.6f64 * 7.6 + 100.0) / 20.0);
    assert!(pool.studies[0].conversions.is_empty());
    assert_eq!((pool.k, pool.n), (1, 40));
    assert_eq!(pool.studies[0].rows.len(), 2);
}

#[test]
fn se_to_sd() {
    let rows = means(
        "a",
        "t",
        "MADRS",
        "24",
        "endpoint",
        &cells("25", "10", "", "2", "", "", NOTHING),
    ) + &means(
        "a",
        "c",
        "MADRS",
        "24",
        "endpoint",
        &cells("16", "15", "12", "", "", "", NOTHING),
    );
    let found = answers_with(&allow("se-to-sd"), &study("a", "parallel"), &arms("a"), &rows, "");
    let s = &pool(&found, "depression").studies[0];
    close(s.se.powi(2), 4.0 + 144.0 / 16.0);
    assert_eq!(s.conversions, ["se-to-sd"]);
    let refused = answers_with(&forbid(), &study("a", "parallel"), &arms("a"), &rows, "");
    let left = &pool(&refused, "depression").left_out[0];
    assert!(left.reason.contains("se-to-sd"), "{}", left.reason);
}

#[test]
fn ci_to_sd() {
    // n 16, 95 % interval 15 -+ 2.1314495 x 3 (t with 15 df): SD 12.
    let half = 2.131449545559323 * 3.0;
    let (low, high) = (format!("{}", 15.0 - half), format!("{}", 15.0 + half));
    let rows = means(
        "a",
        "t",
        "MADRS",
        "24",
        "endpoint",
        &cells("25", "10", "10", "", "", "", NOTHING),
    ) + &means(
        "a",
        "c",
        "MADRS",
        "24",
        "endpoint",
        &cells("16", "15", "", "", &low, &high, NOTHING),
    );
    let found = answers_with(&allow("ci-to-sd"), &study("a", "parallel"), &arms("a"), &rows, "");
    let s = &pool(&found, "depression").studies[0];
    close(s.se.powi(2), 4.0 + 9.0);
    assert_eq!(s.conversions, ["ci-to-sd"]);
}

#[test]
fn median_to_mean() {
    let quartiles = "20,15,26,,,,,,,";
    let rows = means(
        "a",
        "t",
        "MADRS",
        "24",
        "endpoint",
        &cells("25", "10", "10", "", "", "", NOTHING),
    ) + &means(
        "a",
        "c",
        "MADRS",
        "24",
        "endpoint",
        &cells("40", "", "", "", "", "", quartiles),
    );
    let found = answers_with(
        &allow("median-to-mean"),
        &study("a", "parallel"),
        &arms("a"),
        &rows,
        "",
    );
    let s = &pool(&found, "depression").studies[0];
    // Luo 2018, quartiles: w = 0.7 + 0.39/n; mean = w (q1 + q3)/2 + (1 - w) m.
    let w = 0.7 + 0.39 / 40.0;
    close(s.control.mean.unwrap(), w * 20.5 + (1.0 - w) * 20.0);
    // Wan 2014: SD = (q3 - q1) / (2 Phi^-1((0.75 n - 0.125)/(n + 0.25))).
    let spread = 11.0 / (2.0 * onset_math::normal::quantile((0.75 * 40.0 - 0.125) / 40.25));
    close(s.control.sd.unwrap(), spread);
    assert_eq!(s.conversions, ["median-to-mean"]);
}

#[test]
fn a_model_adjusted_mean_is_never_given_an_sd() {
    let rows = means(
        "a",
        "t",
        "MADRS",
        "24",
        "lsmean_change",
        &cells("25", "-10", "", "2", "", "", NOTHING),
    ) + &means(
        "a",
        "c",
        "MADRS",
        "24",
        "lsmean_change",
        &cells("16", "-5", "", "3", "", "", NOTHING),
    );
    for measure in ["MD", "SMD"] {
        let protocol = format!("{PROTOCOL}\n[model]\neffect = {{ depression = \"{measure}\" }}\n");
        let found = answers_with(&protocol, &study("a", "parallel"), &arms("a"), &rows, "");
        let pool = pool(&found, "depression");
        assert!(pool.estimate.is_none());
        assert!(
            pool.left_out[0].reason.contains("model-adjusted"),
            "{}",
            pool.left_out[0].reason
        );
        assert!(pool.why_not.is_some());
    }
}

#[test]
fn percent_to_events() {
    let rows = events("a", "t", "13", "", "92.3", "") + &events("a", "c", "14", "8", "", "");
    let found = answers_with(
        &allow("percent-to-events"),
        &study("a", "parallel"),
        &arms("a"),
        &rows,
        "",
    );
    let s = &pool(&found, "response").studies[0];
    assert_eq!(s.treatment.events, Some(12));
    close(s.effect, (12.0 * 6.0 / (1.0 * 8.0f64)).ln());
    assert_eq!(s.conversions, ["percent-to-events"]);
    // 6 % of 25 people is no whole number of them.
    let impossible = events("a", "t", "25", "", "6", "") + &events("a", "c", "14", "8", "", "");
    let found = answers_with(
        &allow("percent-to-events"),
        &study("a", "parallel"),
        &arms("a"),
        &impossible,
        "",
    );
    assert!(
        pool(&found, "response").left_out[0]
            .reason
            .contains("no whole number")
    );
    // 33 % of 400 people are 131, 132 or 133 of them.
    let several = events("a", "t", "400", "", "33", "") + &events("a", "c", "14", "8", "", "");
    let found = answers_with(
        &allow("percent-to-events"),
        &study("a", "parallel"),
        &arms("a"),
        &several,
        "",
    );
    assert!(
        pool(&found, "response").left_out[0]
            .reason
            .contains("more than one")
    );
}

#[test]
fn crossover_paired_with_its_sensitivity() {
    let both = ",,,,,,,,,both";
    let rows = means(
        "a",
        "t",
        "MADRS",
        "24",
        "endpoint",
        &cells("16", "15.44", "10.07", "", "", "", both),
    ) + &means(
        "a",
        "c",
        "MADRS",
        "24",
        "endpoint",
        &cells("16", "24.13", "12.08", "", "", "", both),
    );
    let found = answers(&study("a", "crossover"), &arms("a"), &rows, "");
    let pool_ = pool(&found, "depression");
    let s = &pool_.studies[0];
    let v = |rho: f64| (10.07f64.powi(2) + 12.08f64.powi(2) - 2.0 * rho * 10.07 * 12.08) / 16.0;
    close(s.se.powi(2), v(0.5));
    assert_eq!(pool_.n, 16);
    assert_eq!(s.conversions, ["crossover-paired"]);
    let labels: Vec<&str> = pool_.sensitivity.iter().map(|s| s.label.as_str()).collect();
    assert_eq!(labels, ["crossover correlation 0.3", "crossover correlation 0.7"]);
    let width = |i: usize| pool_.sensitivity[i].estimate.upper - pool_.sensitivity[i].estimate.lower;
    close(width(0) / width(1), (v(0.3) / v(0.7)).sqrt());
}

#[test]
fn the_first_period_comes_before_both() {
    let period = |p: &str| format!(",,,,,,,,,{p}");
    let row = |arm: &str, mean: &str, p: &str| {
        means(
            "a",
            arm,
            "MADRS",
            "24",
            "endpoint",
            &cells("10", mean, "8", "", "", "", &period(p)),
        )
    };
    let rows = row("t", "15", "both")
        + &row("c", "24", "both")
        + &row("t", "14", "first")
        + &row("c", "20", "first");
    let found = answers(&study("a", "crossover"), &arms("a"), &rows, "");
    let s = &pool(&found, "depression").studies[0];
    close(s.effect, -6.0);
    close(s.se.powi(2), 12.8);
    assert!(s.conversions.is_empty());
}

#[test]
fn crossover_binary() {
    let rows = events("a", "t", "18", "8", "", "both") + &events("a", "c", "18", "1", "", "both");
    let crossover = "crossover = { use = \"first-period\", correlation = 0.5, sensitivity = [], \
                     binary_correlation = 0.2, binary_sensitivity = [0.0] }\n";
    let declared = format!("{}{crossover}", allow("crossover-binary"));
    let found = answers_with(&declared, &study("a", "crossover"), &arms("a"), &rows, "");
    let s = &pool(&found, "response").studies[0];
    let independent = 1.0 / 8.0 + 1.0 / 10.0 + 1.0 + 1.0 / 17.0;
    close(
        s.se.powi(2),
        independent - 2.0 * 0.2 * 18.0 / (8.0f64 * 10.0 * 17.0).sqrt(),
    );
    assert_eq!(s.conversions, ["crossover-binary"]);
    assert_eq!(pool(&found, "response").n, 18);
    assert_eq!(
        pool(&found, "response").sensitivity[0].label,
        "crossover correlation 0"
    );
    // eight responders against one: no table has a correlation of 0.5
    let impossible = declared.replace("binary_correlation = 0.2", "binary_correlation = 0.5");
    let found = answers_with(&impossible, &study("a", "crossover"), &arms("a"), &rows, "");
    assert!(
        pool(&found, "response").left_out[0]
            .reason
            .contains("cannot give")
    );
    // OR is the default and RR has no such formula here: named, not approximated.
    let rr = format!("{}effect = {{ response = \"RR\" }}\n", allow("crossover-binary"));
    let found = answers_with(&rr, &study("a", "crossover"), &arms("a"), &rows, "");
    assert!(
        pool(&found, "response").left_out[0]
            .reason
            .contains("RR is not offered")
    );
}

#[test]
fn arms_of_one_side_are_combined_and_never_double_counted() {
    let three = arms("a") + "a,u,drug,,,,,,,,20,,s,t,\n";
    let rows = plain("a")
        + &means(
            "a",
            "u",
            "MADRS",
            "24",
            "endpoint",
            &cells("10", "10", "6", "", "", "", NOTHING),
        );
    let found = answers(&study("a", "parallel"), &three, &rows, "");
    let s = &pool(&found, "depression").studies[0];
    let mean = (20.0 * 12.7 + 10.0 * 10.0) / 30.0;
    close(s.effect, mean - 16.4);
    let sum = 19.0 * 7.6f64.powi(2) + 9.0 * 36.0 + 20.0 * 10.0 / 30.0 * (12.7f64 - 10.0).powi(2);
    close(s.se.powi(2), sum / 29.0 / 30.0 + 100.0 / 20.0);
    assert_eq!(s.conversions, ["combine-arms"]);
    assert_eq!(pool(&found, "depression").n, 50);
    let split = format!("{PROTOCOL}\n[model]\nmulti_arm = \"split\"\nconversions = [\"split-control\"]\n");
    let found = answers_with(&split, &study("a", "parallel"), &three, &rows, "");
    let pool_ = pool(&found, "depression");
    assert_eq!(pool_.k, 2);
    close(pool_.studies[0].se.powi(2), 7.6f64.powi(2) / 20.0 + 100.0 / 10.0);
    assert_eq!(pool_.n, 50, "a divided control is counted once");
}

#[test]
fn contrasts_ci_to_se_turned_and_adjusted() {
    let line = |arm1: &str, arm2: &str, estimate: &str, low: &str, high: &str| {
        format!("a,{arm1},{arm2},depression,MADRS,24,hours,MD,{estimate},,{low},{high},,,20,20,yes,,,,s,t,\n")
    };
    let baseline = means(
        "a",
        "t",
        "MADRS",
        "0",
        "baseline",
        &cells("20", "33", "5", "", "", "", NOTHING),
    );
    let found = answers(
        &study("a", "parallel"),
        &arms("a"),
        &baseline,
        &line("c", "t", "7.95", "3.20", "12.71"),
    );
    let s = &pool(&found, "depression").studies[0];
    close(s.effect, -7.95);
    close(s.se, (12.71 - 3.20) / (2.0 * 1.959963984540054));
    assert_eq!(s.conversions, ["ci-to-se", "adjusted-contrast", "turn-sign"]);
    assert_eq!(s.statistic, "contrast");
    // Arm-level rows win where both are printed.
    let found = answers(
        &study("a", "parallel"),
        &arms("a"),
        &plain("a"),
        &line("t", "c", "-7.95", "-12.71", "-3.2"),
    );
    assert_eq!(pool(&found, "depression").studies[0].statistic, "endpoint");
}

#[test]
fn contrasts_with_one_control_arm_carry_its_variance() {
    let three = arms("a") + "a,u,drug,,,,,,,,20,,s,t,\n";
    let line = |arm1: &str, estimate: &str, se: &str| {
        format!("a,{arm1},c,depression,MADRS,24,hours,MD,{estimate},{se},,,,,,,,,,,s,t,\n")
    };
    let control = means(
        "a",
        "c",
        "MADRS",
        "24",
        "lsmean_change",
        &cells("33", "-5.7", "", "1.5", "", "", NOTHING),
    );
    let found = answers(
        &study("a", "parallel"),
        &three,
        &control,
        &(line("t", "-9.1", "3") + &line("u", "-10", "2.5")),
    );
    let s = &pool(&found, "depression").studies[0];
    let (w1, w2) = (1.0 / (9.0 - 2.25), 1.0 / (6.25 - 2.25));
    close(s.effect, (-9.1 * w1 - 10.0 * w2) / (w1 + w2));
    close(s.se.powi(2), 1.0 / (w1 + w2) + 2.25);
    assert!(s.conversions.contains(&"combine-contrasts".to_owned()));
}

#[test]
fn zero_cells_and_double_zeros() {
    let rows = events("a", "t", "22", "6", "", "") + &events("a", "c", "19", "0", "", "");
    let found = answers(&study("a", "parallel"), &arms("a"), &rows, "");
    let s = &pool(&found, "response").studies[0];
    close(s.effect, (6.5 * 19.5 / (16.5 * 0.5f64)).ln());
    assert_eq!(s.conversions, ["zero-cell"]);
    let nobody = events("a", "t", "22", "0", "", "") + &events("a", "c", "19", "0", "", "");
    let found = answers(&study("a", "parallel"), &arms("a"), &nobody, "");
    assert!(
        pool(&found, "response").left_out[0]
            .reason
            .contains("no event in either arm")
    );
}

#[test]
fn scales_change_and_endpoint() {
    let two = study("a", "parallel") + &study("b", "parallel");
    let change = |id: &str| {
        means(
            id,
            "t",
            "MADRS",
            "24",
            "change",
            &cells("20", "-12", "8", "", "", "", NOTHING),
        ) + &means(
            id,
            "c",
            "MADRS",
            "24",
            "change",
            &cells("20", "-7", "8", "", "", "", NOTHING),
        )
    };
    let rows = plain("a") + &change("b");
    let found = answers(&two, &(arms("a") + &arms("b")), &rows, "");
    assert_eq!(pool(&found, "depression").k, 2, "mean differences may mix");
    let smd = format!("{PROTOCOL}\n[model]\neffect = {{ depression = \"SMD\" }}\n");
    let found = answers_with(&smd, &two, &(arms("a") + &arms("b")), &rows, "");
    let pool_ = pool(&found, "depression");
    assert_eq!(pool_.k, 1, "standardised differences may not");
    assert!(pool_.left_out[0].reason.contains("never mixed"));
    // Another scale is not MADRS points, but has an SMD.
    let hamd = plain("a").replace("MADRS", "HAMD17");
    let found = answers(&study("a", "parallel"), &arms("a"), &hamd, "");
    assert!(
        pool(&found, "depression").left_out[0]
            .reason
            .contains("MADRS points only")
    );
    let endpoint = format!("{smd}prefer_change = false\n");
    let found = answers_with(&endpoint, &study("a", "parallel"), &arms("a"), &hamd, "");
    assert_eq!(pool(&found, "depression").k, 1);
}

#[test]
fn row_sets_visits_and_windows() {
    let set = |s: &str| format!(",,,,,,,,{s},");
    let row = |arm: &str, hours: &str, mean: &str, s: &str| {
        means(
            "a",
            arm,
            "MADRS",
            hours,
            "endpoint",
            &cells("10", mean, "8", "", "", "", &set(s)),
        )
    };
    let rows = row("t", "24", "10", "LOCF")
        + &row("c", "24", "20", "LOCF")
        + &row("t", "24", "12", "observed")
        + &row("c", "24", "20", "observed")
        + &row("t", "20", "1", "observed")
        + &row("c", "20", "20", "observed")
        + &row("t", "48", "2", "observed")
        + &row("c", "48", "20", "observed");
    let found = answers(&study("a", "parallel"), &arms("a"), &rows, "");
    let pool_ = pool(&found, "depression");
    close(pool_.studies[0].effect, -8.0);
    assert_eq!(pool_.studies[0].time_hours, Some(24.0));
    let locf = pool_
        .sensitivity
        .iter()
        .find(|s| s.label == "LOCF set first")
        .unwrap();
    close(locf.estimate.value, -10.0);
    // 20 h and 28 h are equally far from 24 h: the earlier is used.
    let tie = row("t", "28", "12", "")
        + &row("c", "28", "20", "")
        + &row("t", "20", "15", "")
        + &row("c", "20", "20", "");
    let found = answers(&study("a", "parallel"), &arms("a"), &tie, "");
    assert_eq!(pool(&found, "depression").studies[0].time_hours, Some(20.0));
}

#[test]
fn not_randomised_and_excluded_studies_are_named() {
    let found = answers(&study("a", "not-randomised"), &arms("a"), &plain("a"), "");
    assert!(
        pool(&found, "depression").left_out[0]
            .reason
            .contains("not randomised")
    );
    let protocol = format!("{PROTOCOL}\n[[exclude]]\nstudy = \"a\"\nreason = \"Same people as study b\"\n");
    let found = answers_with(&protocol, &study("a", "parallel"), &arms("a"), &plain("a"), "");
    assert!(
        pool(&found, "depression").left_out[0]
            .reason
            .contains("Same people as study b")
    );
    assert_eq!(found.evidence.exclusions[0].rows.len(), 2);
}
