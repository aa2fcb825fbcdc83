//! Trust in the numbers: printed examples, numbers worked by hand, planted slips.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may stop where it fails")]

use onset_models::trust::{
    Check, Options, Printed, PrintedP, Row, Scale, Status, arm_sum, change_sd, check_rows, debit, duplicates,
    grim, grimmer, implied_events, implied_n, interval, nested, p_value, percent, scale_bounds, spread,
    standard_error,
};
use proptest::prelude::*;

fn printed(text: &str) -> Printed {
    Printed::parse(text).unwrap()
}

fn p(text: &str) -> PrintedP {
    PrintedP::parse(text).unwrap()
}

#[test]
fn printed_means_of_the_grim_literature() {
    // Brown and Heathers 2017 (5.27 of 43) and their twelve pig means.
    let cases = [
        ("5.27", 43, false),
        ("7.22", 32, true),
        ("4.74", 25, false),
        ("5.23", 29, false),
        ("2.57", 24, false),
        ("6.77", 27, false),
        ("2.68", 28, true),
        ("7.01", 29, false),
        ("7.38", 26, true),
        ("3.14", 27, false),
        ("6.89", 31, false),
        ("5.00", 25, true),
        ("0.24", 28, false),
    ];
    for (mean, n, agrees) in cases {
        let verdict = grim(printed(mean), n, 1);
        assert_eq!(
            verdict.status == Status::Consistent,
            agrees,
            "{mean} of {n}: {verdict:?}"
        );
    }
    // Two items double the grain: 5.27 x 86 = 453.22, 453 / 86 = 5.267.
    assert_eq!(grim(printed("5.27"), 43, 2).status, Status::Consistent);
    assert_eq!(grim(printed("5.3"), 10, 1).status, Status::NotApplicable);
    assert_eq!(
        grim(printed("5.5"), 9, 1).status,
        Status::Inconsistent,
        "49 / 9 is 5.4, 50 / 9 is 5.6"
    );
    assert_eq!(
        grim(printed("5.27"), 43, 1).allowed,
        "5.26 or 5.28 (226 or 227 / 43)"
    );
}

#[test]
fn the_apgar_example_of_inspect_sr() {
    for mean in ["8.96", "9.96"] {
        assert!(grim(printed(mean), 30, 1).inconsistent(), "{mean}");
    }
    assert!(!grim(printed("9.93"), 30, 1).inconsistent());
    assert!(grimmer(printed("9.93"), printed("0.18"), 30, 1).inconsistent());
    // 28 tens and 2 nines: mean 9.9333, SD 0.2537.
    assert!(!grimmer(printed("9.93"), printed("0.25"), 30, 1).inconsistent());
    assert_eq!(Check::Grimmer.inspect_sr(), Some("4.8"));
}

#[test]
fn debit_and_bounds_by_hand() {
    // 7 of 20: p = .35, sd = sqrt(20 x .35 x .65 / 19) = .4894.
    assert!(!debit(printed("0.35"), printed("0.49"), 20).inconsistent());
    assert!(debit(printed("0.35"), printed("0.47"), 20).inconsistent());
    assert!(
        debit(printed("0.37"), printed("0.49"), 20).inconsistent(),
        "no share of 20"
    );
    // mean 5 on 0 to 60, n 10: sqrt(5 x 55 x 10 / 9) = 17.48.
    assert!(!scale_bounds(printed("5"), Some(printed("17.4")), Some(10), 0.0, 60.0).inconsistent());
    assert!(scale_bounds(printed("5.0"), Some(printed("18.0")), Some(10), 0.0, 60.0).inconsistent());
    assert!(scale_bounds(printed("61.2"), None, None, 0.0, 60.0).inconsistent());
    assert!(!change_sd(printed("5.0"), printed("8.0"), printed("9.1")).inconsistent());
    assert!(change_sd(printed("5.0"), printed("8.0"), printed("2.8")).inconsistent());
    assert!(change_sd(printed("5.0"), printed("8.0"), printed("13.2")).inconsistent());
}

#[test]
fn intervals_standard_errors_and_p_values() {
    // 0.50 +- 1.96 x 0.20: 0.108 to 0.892, p = 0.0124.
    let (e, l, h) = (printed("0.50"), printed("0.11"), printed("0.89"));
    assert!(!interval(e, l, h, Scale::Natural).inconsistent());
    assert!(interval(printed("0.05"), l, h, Scale::Natural).inconsistent());
    assert!(!standard_error(printed("0.20"), l, h, 0.95, Scale::Natural).inconsistent());
    assert!(standard_error(printed("0.39"), l, h, 0.95, Scale::Natural).inconsistent());
    assert!(!p_value(p(".012"), e, l, h, 0.95, Scale::Natural).inconsistent());
    assert!(!p_value(p("<.05"), e, l, h, 0.95, Scale::Natural).inconsistent());
    assert!(p_value(p("0.21"), e, l, h, 0.95, Scale::Natural).inconsistent());
    assert!(p_value(p("<0.0001"), e, l, h, 0.95, Scale::Natural).inconsistent());
    // Grunebaum 2018: 2.85 (1.14 to 7.15) is symmetric on the log only.
    let ratio = (printed("2.85"), printed("1.14"), printed("7.15"));
    assert!(!interval(ratio.0, ratio.1, ratio.2, Scale::Log).inconsistent());
    assert!(interval(ratio.0, ratio.1, ratio.2, Scale::Natural).inconsistent());
    assert_eq!(
        interval(printed("-2"), printed("-3"), printed("-1"), Scale::Log).status,
        Status::NotApplicable
    );
    assert_eq!(PrintedP::parse("<0.001 (noninferiority)"), None);
}

#[test]
fn counts_by_hand() {
    assert!(!percent(printed("63.0"), 46, 73).inconsistent());
    assert!(percent(printed("63.0"), 46, 83).inconsistent());
    assert_eq!(implied_n(printed("31.6"), 25), Some((79, 79)));
    assert_eq!(implied_n(printed("63.0"), 46), Some((73, 73)));
    // Lii 2023, control, day 7: 11 of 19 at or below 12, mean 18.5, SD 10.8: 19 Phi(-.5556) = 5.5 expected.
    let implied = implied_events(11, 19, 18.5, 10.8, 12.0).unwrap();
    assert!((implied.expected - 5.5).abs() < 0.05, "{implied:?}");
    assert!((implied.upper_tail - 0.008).abs() < 0.0005, "{implied:?}");
    assert_eq!(implied.most, 13.0, "19 x 110.5 / (110.5 + 42.25) = 13.7");
    assert!(implied.verdict(String::new(), 11, false).inconsistent());
    // The seven other arm-days agree, among them day 1, treated: 10 of 20, mean 12.7, SD 7.6.
    let others = [
        (10, 20, 12.7, 7.6),
        (7, 20, 16.4, 10.0),
        (11, 20, 15.1, 11.1),
        (8, 20, 17.5, 11.5),
    ];
    for (events, n, mean, sd) in others {
        assert!(
            !implied_events(events, n, mean, sd, 12.0)
                .unwrap()
                .verdict(String::new(), events, false)
                .inconsistent()
        );
    }
    assert!(nested(11, 7, 19).inconsistent() && !nested(7, 7, 19).inconsistent());
    assert!(!arm_sum(&[47, 25], 72).inconsistent() && arm_sum(&[47, 25], 73).inconsistent());
}

#[test]
fn a_standard_error_among_standard_deviations() {
    // 8 / sqrt(25) = 1.6 is below 1.5 x 8 / 5 = 2.4.
    let rows = [(8.1, 30), (7.6, 25), (8.4, 40), (1.6, 25), (9.0, 20)];
    let found: Vec<bool> = spread(&rows).iter().map(|v| v.inconsistent()).collect();
    assert_eq!(found, [false, false, false, true, false]);
    assert!(
        spread(&rows[..3])
            .iter()
            .all(|v| v.status == Status::NotApplicable)
    );
    let cells = |texts: [&str; 3]| texts.map(str::to_owned).to_vec();
    let rows = [
        cells(["20", "1.5", "2.5"]),
        cells(["20", "1.5", "2.6"]),
        cells(["20", "1.5", "2.5"]),
    ];
    assert_eq!(duplicates(&rows), [(2, 0)]);
}

/// A clean table made from whole-number scores of its own: five trials of two arms.
fn clean(table: u64) -> Vec<Row> {
    let mut state = 1_000 + table;
    let mut next = |bound: u64| {
        state = state
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (state >> 33) % bound
    };
    (0..10u64)
        .map(|arm| {
            let n = 13 + next(30);
            let scores: Vec<f64> = (0..n).map(|_| (next(16) + next(16) + next(16)) as f64).collect();
            let changed: Vec<f64> = scores.iter().map(|s| s - (next(9) + next(9)) as f64).collect();
            let (mean, sd) = moments(&scores);
            let (after, sd_after) = moments(&changed);
            let change: Vec<f64> = scores.iter().zip(&changed).map(|(a, b)| b - a).collect();
            let (difference, sd_change) = moments(&change);
            let se = sd_change / (n as f64).sqrt();
            let events = changed.iter().filter(|s| **s <= 15.0).count() as u64;
            assert!(mean > after);
            let z = difference.abs() / se;
            let p = onset_math::normal::two_sided_p(z);
            Row {
                mean: Some(printed(&format!("{after:.2}"))),
                sd: Some(printed(&format!("{sd_after:.2}"))),
                sd_baseline: Some(printed(&format!("{sd:.2}"))),
                sd_change: Some(printed(&format!("{sd_change:.2}"))),
                se: Some(printed(&format!("{se:.3}"))),
                n: Some(n),
                events: Some(events),
                percent: Some(printed(&format!("{:.1}", 100.0 * events as f64 / n as f64))),
                estimate: Some(printed(&format!("{difference:.2}"))),
                ci_low: Some(printed(&format!("{:.2}", difference - 1.96 * se))),
                ci_high: Some(printed(&format!("{:.2}", difference + 1.96 * se))),
                p: PrintedP::parse(&if p < 0.001 {
                    "<.001".to_owned()
                } else {
                    format!("{p:.3}")
                }),
                group: Some(format!("trial {}", arm / 2)),
                ..Row::default()
            }
        })
        .collect()
}

fn moments(x: &[f64]) -> (f64, f64) {
    let n = x.len() as f64;
    let mean = x.iter().sum::<f64>() / n;
    (
        mean,
        (x.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0)).sqrt(),
    )
}

fn with_totals(mut rows: Vec<Row>) -> Vec<Row> {
    let sizes: Vec<u64> = rows.iter().map(|row| row.n.unwrap()).collect();
    for (position, row) in rows.iter_mut().enumerate() {
        row.total = Some(sizes[position / 2 * 2] + sizes[position / 2 * 2 + 1]);
    }
    rows
}

/// The number with its last two digits the other way round; none when they are equal.
fn transposed(number: Printed) -> Option<Printed> {
    let text = number.to_string();
    let mut chars: Vec<char> = text.chars().collect();
    let digits: Vec<usize> = (0..chars.len()).filter(|i| chars[*i].is_ascii_digit()).collect();
    let (a, b) = (*digits.get(digits.len().checked_sub(2)?)?, *digits.last()?);
    chars.swap(a, b);
    Printed::parse(&chars.into_iter().collect::<String>()).filter(|changed| changed.value != number.value)
}

/// The first two digits the other way round.
fn transposed_first(number: Printed) -> Option<Printed> {
    let text = number.to_string();
    let mut chars: Vec<char> = text.chars().collect();
    let digits: Vec<usize> = (0..chars.len()).filter(|i| chars[*i].is_ascii_digit()).collect();
    chars.swap(*digits.first()?, *digits.get(1)?);
    Printed::parse(&chars.into_iter().collect::<String>()).filter(|changed| changed.value != number.value)
}

fn inconsistent(rows: &[Row]) -> Vec<(usize, Check)> {
    let options = Options {
        range: Some((-30.0, 60.0)),
        ..Options::default()
    };
    let verdicts = check_rows(rows, &options);
    verdicts
        .iter()
        .filter(|(_, v)| v.inconsistent())
        .map(|(row, v)| (*row, v.check))
        .collect()
}

/// One cell of a row changed by a transposition that makes another number; false where there is none.
fn plant(kind: u64, row: &mut Row) -> bool {
    let whole = |n: u64| transposed(printed(&n.to_string())).map(|x| x.value as u64);
    let far = |cell: &mut Option<Printed>| {
        let old = cell.unwrap();
        let changed = transposed_first(old).filter(|x| (x.value - old.value).abs() > 1.0);
        changed.map(|x| *cell = Some(x))
    };
    let last = |cell: &mut Option<Printed>| transposed(cell.unwrap()).map(|x| *cell = Some(x));
    let done = match kind {
        0 => last(&mut row.mean),
        1 => row.n.and_then(whole).map(|x| row.n = Some(x)),
        2 => last(&mut row.percent),
        3 => far(&mut row.estimate),
        4 => far(&mut row.ci_low),
        5 => far(&mut row.ci_high),
        6 => row.total.and_then(whole).map(|x| row.total = Some(x)),
        7 => row.events.and_then(whole).map(|x| row.events = Some(x)),
        8 => far(&mut row.sd),
        _ => far(&mut row.se),
    };
    done.is_some()
}

/// Of all planted transpositions at least this share is found; those of means and SDs are not when their grain
/// happens to fit (5 of 9 and 4 of 9 here are found).
const FOUND_AT_LEAST: f64 = 0.8;

#[test]
fn ten_clean_tables_give_none_and_a_transposition_in_each_is_found() {
    let (mut all_planted, mut all_found) = (0, 0);
    for kind in 0..10 {
        let rows = with_totals(clean(kind));
        assert_eq!(inconsistent(&rows), [], "table {kind}");
        let (mut planted, mut found) = (0, 0);
        for position in 0..rows.len() {
            let mut changed = rows.clone();
            if !plant(kind, &mut changed[position]) || kind == 6 && position % 2 == 1 {
                continue;
            }
            planted += 1;
            let trial = |row: usize| row / 2 == position / 2;
            found += usize::from(inconsistent(&changed).iter().any(|(row, _)| trial(*row)));
        }
        assert!(found > 0, "table {kind}: none of {planted}");
        all_planted += planted;
        all_found += found;
    }
    let share = all_found as f64 / all_planted as f64;
    assert!(share >= FOUND_AT_LEAST, "{all_found} of {all_planted}");
}

proptest! {
    #[test]
    fn whole_scores_always_agree(scores in proptest::collection::vec(0u32..60, 2..90), decimals in 0usize..4) {
        let x: Vec<f64> = scores.iter().map(|s| f64::from(*s)).collect();
        let (mean, sd) = moments(&x);
        let mean = printed(&format!("{mean:.decimals$}"));
        let sd = printed(&format!("{sd:.decimals$}"));
        prop_assert!(!grim(mean, x.len() as u64, 1).inconsistent());
        prop_assert!(!grimmer(mean, sd, x.len() as u64, 1).inconsistent());
        prop_assert!(!scale_bounds(mean, Some(sd), Some(x.len() as u64), 0.0, 60.0).inconsistent());
    }

    #[test]
    fn any_numbers_are_checked_without_a_panic(
        texts in proptest::collection::vec("-?[0-9]{1,4}(\\.[0-9]{0,3})?|1e308|nan|", 9), n in 0u64..2000, events in 0u64..2000
    ) {
        let get = |i: usize| Printed::parse(&texts[i]);
        let row = Row {
            mean: get(0), sd: get(1), sd_baseline: get(2), sd_change: get(3), se: get(4), n: Some(n), items: Some(events % 4),
            events: Some(events), events_within: Some(n / 2), percent: get(5), estimate: get(6), ci_low: get(7), ci_high: get(8),
            p: PrintedP::parse(&texts[0]), group: Some("g".to_owned()), total: Some(n),
        };
        for ratio in [false, true] {
            let options = Options { ratio, binary: ratio, cut: Some(12.0), range: Some((0.0, 60.0)), ..Options::default() };
            let verdicts = check_rows(&[row.clone(), row.clone(), row.clone(), row.clone()], &options);
            prop_assert!(verdicts.iter().all(|(_, v)| !v.found.contains("NaN")));
        }
    }
}
