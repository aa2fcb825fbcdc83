//! Inputs that the gallery draws and the tests check: real rows where they are named after trials, made-up
//! ones where they are named "Trial".
#![allow(dead_code)]

pub mod lines;

use onset_data::RowId;
use onset_plot::caterpillar::{Caterpillar, CaterpillarPoint};
use onset_plot::cohorts::{Cohort, Cohorts};
use onset_plot::forest::{Arm, Block, Columns, Forest, Mean, Row};
use onset_plot::funnel::{Funnel, FunnelPoint};
use onset_plot::icons::{IconArm, Icons};
use onset_plot::influence::{InfluencePanel, InfluenceRow, Measure};
use onset_plot::rob::{Light, RiskOfBias, RiskOfBiasRow};
use onset_plot::scatter::{Scatter, ScatterLine, ScatterPoint};
use onset_plot::subsets::SubsetGrid;
use onset_plot::text::Scale;
use onset_plot::windows::{Series, When, WindowPoint, Windows};
use onset_plot::{Direction, Effect, Heading, Interval, Reference, Scene};

pub fn heading(id: &str, title: &str, subtitle: &str) -> Heading {
    Heading {
        id: id.to_owned(),
        title: title.to_owned(),
        subtitle: subtitle.to_owned(),
        desc: String::new(),
        source: "Source: evidence tables of the review, version 2026.11.".to_owned(),
    }
}

pub fn points() -> Effect {
    Effect {
        label: "Mean difference, MADRS points".to_owned(),
        scale: Scale::Points,
        ratio: false,
        direction: Direction::LowerIsBetter,
        treatment: "ketamine".to_owned(),
        control: "control".to_owned(),
        level: 0.95,
        important: Some(Reference {
            value: -2.0,
            label: "important difference".to_owned(),
        }),
    }
}

pub fn odds() -> Effect {
    Effect {
        label: "Odds ratio".to_owned(),
        scale: Scale::Ratio,
        ratio: true,
        direction: Direction::HigherIsBetter,
        important: None,
        ..points()
    }
}

fn arm(n: u64, mean: f64, sd: f64) -> Arm {
    Arm {
        n: Some(n),
        mean: Some(mean),
        sd: Some(sd),
        events: None,
    }
}

fn events(events: u64, n: u64) -> Arm {
    Arm {
        n: Some(n),
        events: Some(events),
        ..Arm::default()
    }
}

fn rows(lines: &[u64]) -> Vec<RowId> {
    lines
        .iter()
        .map(|line| RowId::new("observations.csv", *line))
        .collect()
}

fn domains() -> Vec<String> {
    [
        "sequence generation",
        "allocation concealment",
        "blinding of participants",
        "blinding of assessment",
        "attrition",
        "reporting",
        "other",
    ]
    .map(str::to_owned)
    .to_vec()
}

/// Lights from "++?-." and so on.
fn lights(signs: &str) -> Vec<Light> {
    let light = |c| match c {
        '+' => Light::Low,
        '?' => Light::Unclear,
        '-' => Light::High,
        _ => Light::NotJudged,
    };
    signs.chars().map(light).collect()
}

/// Depression at 24 hours: three trials, two kinds of control.
pub fn madrs() -> Forest {
    let row =
        |key: &str, label: &str, t: Arm, c: Arm, e: (f64, f64, f64), w: f64, signs: &str, lines: &[u64]| {
            Row {
                key: key.to_owned(),
                label: label.to_owned(),
                treatment: t,
                control: c,
                effect: Some(Interval::new(e.0, e.1, e.2)),
                weight: Some(w),
                lights: lights(signs),
                rows: rows(lines),
                ..Row::default()
            }
        };
    let murrough = row(
        "murrough2013",
        "Murrough 2013",
        arm(47, 14.8, 9.6),
        arm(25, 22.7, 8.9),
        (-7.95, -12.3, -3.6),
        37.3,
        "++?+++.",
        &[41, 42],
    );
    let lapidus = row(
        "lapidus2014",
        "Lapidus 2014",
        arm(18, 17.2, 8.9),
        arm(18, 24.8, 7.2),
        (-7.6, -11.3, -3.9),
        42.8,
        "+++++?+",
        &[17, 18],
    );
    let mut lii = row(
        "lii2023",
        "Lii 2023",
        arm(20, 12.7, 7.6),
        arm(19, 16.4, 10.0),
        (-3.7, -9.3, 1.9),
        19.9,
        "?+-+?+.",
        &[3, 4],
    );
    lii.note = "masked by anaesthesia".to_owned();
    Forest {
        heading: heading(
            "size-24h",
            "A day after one infusion, depression is about seven MADRS points lower than with control",
            "Mean difference in MADRS at 24 hours; random effects (REML, Hartung-Knapp); 3 trials, 147 people",
        ),
        effect: points(),
        columns: Columns::MeanSd,
        rows_header: String::new(),
        treatment: "Ketamine, intravenous".to_owned(),
        control: "Midazolam or saline".to_owned(),
        blocks: vec![
            Block {
                label: "Active control (midazolam)".to_owned(),
                rows: vec![murrough],
                mean: None,
            },
            Block {
                label: "Inert control (saline)".to_owned(),
                rows: vec![lapidus, lii],
                mean: Some(mean(
                    "Two trials",
                    Some((-6.3, -10.1, -2.5)),
                    None,
                    2,
                    (38, 37),
                    Some(62.7),
                )),
            },
        ],
        means: vec![
            mean(
                "All trials: random effects (REML, Hartung-Knapp)",
                Some((-6.87, -11.6, -2.1)),
                Some((-14.3, 0.6)),
                3,
                (85, 62),
                None,
            ),
            mean(
                "Common effect",
                Some((-6.87, -9.46, -4.28)),
                None,
                3,
                (85, 62),
                None,
            ),
        ],
        notes: vec![
            "Between-study variance τ² 0.0 (95 % CI 0.0 to 48.2); I² 0 %.".to_owned(),
            "Active and inert controls do not clearly differ (test of difference p = 0.47).".to_owned(),
        ],
        domains: domains(),
    }
}

fn mean(
    label: &str,
    e: Option<(f64, f64, f64)>,
    prediction: Option<(f64, f64)>,
    k: usize,
    n: (u64, u64),
    weight: Option<f64>,
) -> Mean {
    Mean {
        label: label.to_owned(),
        effect: e.map(|e| Interval::new(e.0, e.1, e.2)),
        prediction,
        k,
        n_treatment: Some(n.0),
        n_control: Some(n.1),
        weight,
    }
}

/// Response at 24 hours: odds ratios, one interval far past any axis.
pub fn response() -> Forest {
    let row = |key: &str, label: &str, t: Arm, c: Arm, e: (f64, f64, f64), w: f64| Row {
        key: key.to_owned(),
        label: label.to_owned(),
        treatment: t,
        control: c,
        effect: Some(Interval::new(e.0, e.1, e.2)),
        weight: Some(w),
        rows: rows(&[61, 62]),
        ..Row::default()
    };
    Forest {
        heading: heading(
            "response-24h",
            "More people respond within a day than with control",
            "Odds ratio of response at 24 hours; random effects (REML, Wald); 5 trials, 254 people",
        ),
        effect: odds(),
        columns: Columns::Events,
        rows_header: String::new(),
        treatment: "Ketamine or esketamine".to_owned(),
        control: "Control".to_owned(),
        blocks: vec![Block {
            label: String::new(),
            rows: vec![
                row(
                    "murrough2013",
                    "Murrough 2013",
                    events(30, 47),
                    events(7, 25),
                    (4.54, 1.58, 13.0),
                    31.2,
                ),
                row(
                    "lapidus2014",
                    "Lapidus 2014",
                    events(8, 18),
                    events(1, 18),
                    (13.6, 1.48, 125.0),
                    11.4,
                ),
                row(
                    "lii2023",
                    "Lii 2023",
                    events(12, 20),
                    events(10, 20),
                    (1.5, 0.43, 5.25),
                    26.0,
                ),
                row(
                    "daly2018",
                    "Daly 2018, doses combined",
                    events(12, 34),
                    events(1, 33),
                    (17.5, 2.12, 144.0),
                    12.3,
                ),
                row(
                    "canuso2018",
                    "Canuso 2018",
                    events(19, 35),
                    events(9, 31),
                    (2.9, 1.04, 8.1),
                    19.1,
                ),
            ],
            mean: None,
        }],
        means: vec![mean(
            "Random effects (REML)",
            Some((3.94, 1.76, 8.82)),
            Some((0.9, 17.3)),
            5,
            (154, 127),
            None,
        )],
        notes: vec!["I² 42 %, τ² 0.32.".to_owned()],
        domains: Vec::new(),
    }
}

/// One study and no mean.
pub fn one() -> Forest {
    let mut input = madrs();
    input.heading = heading(
        "one",
        "One trial of 36 people speaks",
        "Mean difference in MADRS at 7 days; 1 trial, 36 people",
    );
    input.blocks.truncate(1);
    if let Some(block) = input.blocks.first_mut() {
        block.label = String::new();
    }
    input.means.clear();
    input.notes = vec!["One trial: there is nothing to pool.".to_owned()];
    input
}

/// Nothing at all.
pub fn none() -> Forest {
    Forest {
        heading: heading("none", "No trial reported this", "0 trials"),
        effect: points(),
        notes: vec!["No randomised evidence.".to_owned()],
        ..Forest::default()
    }
}

/// A repeatable jumble between 0 and 1.
fn jumble(i: u64) -> f64 {
    let x = i
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    let x = (x ^ (x >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    ((x ^ (x >> 32)) % 10_000) as f64 / 10_000.0
}

/// Many made-up studies with awkward names, extreme intervals and missing cells.
pub fn many(k: u64) -> Forest {
    let study = |i: u64| {
        let effect = -6.0 + 10.0 * (jumble(i) - 0.5);
        let half = if i % 11 == 5 {
            45.0
        } else {
            1.5 + 6.0 * jumble(i + 1000)
        };
        let label = match i % 9 {
            3 => format!(
                "Trial {i} of the Multicentre Collaborative Research Group on Rapid-Acting Antidepressants"
            ),
            4 => format!("Trial{i}OneVeryLongWordWithoutAnyPlaceToBreakItAtAll"),
            5 => format!("<script>alert({i})</script> & Söhne"),
            _ => format!("Trial {i}"),
        };
        let missing = i % 7 == 2;
        let t = if missing {
            Arm {
                n: Some(40 + i),
                ..Arm::default()
            }
        } else {
            arm(20 + i, 15.0 + effect, 8.5)
        };
        Row {
            key: format!("trial{i}"),
            label,
            year: Some(1990 + (i % 35) as i32),
            treatment: t,
            control: if missing {
                Arm::default()
            } else {
                arm(1000 + i, 21.0, 9.0)
            },
            effect: (i % 13 != 12).then(|| Interval::new(effect, effect - half, effect + half)),
            note: if i % 13 == 12 {
                "Reported as a median; the protocol declares no conversion.".to_owned()
            } else {
                String::new()
            },
            weight: (i % 13 != 12).then(|| 200.0 / (k as f64 * half)),
            lights: (0..7)
                .map(|d| {
                    [
                        Light::Low,
                        Light::Low,
                        Light::Unclear,
                        Light::High,
                        Light::NotJudged,
                    ][(jumble(i * 31 + d) * 5.0) as usize]
                })
                .collect(),
            rows: rows(&[i * 2 + 2, i * 2 + 3]),
        }
    };
    Forest {
        heading: heading(
            "many",
            "Many trials point the same way",
            "Mean difference, made-up trials",
        ),
        blocks: vec![Block {
            label: String::new(),
            rows: (0..k).map(study).collect(),
            mean: None,
        }],
        means: vec![mean(
            "Random effects (REML)",
            Some((-5.9, -6.6, -5.2)),
            Some((-11.0, -0.8)),
            k as usize,
            (9_800, 61_240),
            None,
        )],
        ..madrs()
    }
}

fn at(
    label: &str,
    from: f64,
    to: f64,
    target: f64,
    k: usize,
    n: u64,
    e: Option<(f64, f64, f64)>,
) -> WindowPoint {
    WindowPoint {
        key: label.to_owned(),
        label: label.to_owned(),
        when: When::Hours { from, to, target },
        k,
        n,
        estimate: e.map(|e| Interval::new(e.0, e.1, e.2)),
        information: None,
        rows: rows(&[3, 4]),
    }
}

fn course_end(label: &str, k: usize, n: u64, e: (f64, f64, f64)) -> WindowPoint {
    WindowPoint {
        when: When::CourseEnd,
        ..at(label, 0.0, 0.0, 0.0, k, n, Some(e))
    }
}

/// Four comparisons.
pub fn windows() -> Windows {
    let mut effect = points();
    effect.treatment = "treatment".to_owned();
    Windows {
        heading: heading(
            "speed",
            "Ketamine separates from midazolam within a day; two trials of 118 people speak after day 7",
            "Pooled mean difference in MADRS per time window, 95 % intervals; random effects (REML, Hartung-Knapp)",
        ),
        effect,
        series: vec![
            Series {
                label: "Ketamine IV v midazolam".to_owned(),
                points: vec![
                    at(
                        "40 minutes to 6 hours",
                        0.6,
                        6.0,
                        4.0,
                        1,
                        72,
                        Some((-4.2, -9.1, 0.7)),
                    ),
                    at("24 hours", 12.0, 36.0, 24.0, 2, 113, Some((-7.9, -12.0, -3.9))),
                    at("2 to 3 days", 40.0, 96.0, 72.0, 2, 113, Some((-5.1, -10.8, 0.6))),
                    at("7 days", 120.0, 240.0, 168.0, 2, 118, Some((-4.0, -9.0, 1.1))),
                    at("2 to 4 weeks", 300.0, 700.0, 504.0, 0, 0, None),
                ],
            },
            Series {
                label: "Ketamine IV v saline".to_owned(),
                points: vec![
                    at("40 minutes to 6 hours", 0.6, 6.0, 4.0, 0, 0, None),
                    at("24 hours", 12.0, 36.0, 24.0, 3, 123, Some((-6.1, -31.0, 19.5))),
                    at("2 to 3 days", 40.0, 96.0, 72.0, 1, 36, Some((-8.4, -14.0, -2.8))),
                    at("7 days", 120.0, 240.0, 168.0, 0, 0, None),
                    at("2 to 4 weeks", 300.0, 700.0, 504.0, 0, 0, None),
                    course_end("End of 4 weeks, two infusions a week", 1, 65, (-3.4, -8.5, 1.7)),
                ],
            },
            Series {
                label: "Esketamine nasal v placebo spray, both beside a new oral antidepressant".to_owned(),
                points: vec![
                    at(
                        "40 minutes to 6 hours",
                        0.6,
                        6.0,
                        4.0,
                        2,
                        519,
                        Some((-4.4, -6.4, -2.5)),
                    ),
                    at("24 hours", 12.0, 36.0, 24.0, 5, 1234, Some((-4.9, -7.1, -2.8))),
                    at("2 to 3 days", 40.0, 96.0, 72.0, 0, 0, None),
                    at("7 days", 120.0, 240.0, 168.0, 3, 10_709, Some((-3.1, -4.8, -1.4))),
                    at("2 to 4 weeks", 300.0, 700.0, 504.0, 0, 0, None),
                    course_end("Day 28", 3, 702, (-4.1, -6.2, -2.0)),
                ],
            },
        ],
    }
}

/// One comparison, ratios, two windows.
pub fn windows_ratio() -> Windows {
    Windows {
        heading: heading(
            "response-course",
            "Response is likelier within a day",
            "Pooled odds ratio per time window",
        ),
        effect: odds(),
        series: vec![Series {
            label: "Ketamine IV v control".to_owned(),
            points: vec![
                at("4 hours", 2.0, 6.0, 4.0, 1, 72, Some((2.1, 0.7, 6.3))),
                at("24 hours", 12.0, 36.0, 24.0, 3, 148, Some((3.6, 1.29, 10.1))),
            ],
        }],
    }
}

/// Compositions of cohorts.
pub fn cohorts() -> Cohorts {
    let cohort =
        |label: &str, population: &str, n: Option<u64>, female: Option<f64>, age: Option<f64>| Cohort {
            key: label.to_lowercase().replace(' ', ""),
            label: label.to_owned(),
            population: population.to_owned(),
            n_randomised: n,
            pct_female: female,
            mean_age: age,
            rows: vec![RowId::new("studies.csv", 3)],
        };
    Cohorts {
        heading: heading(
            "cohorts",
            "Most people in these trials were middle-aged women with treatment-resistant depression",
            "People randomised, share of women and mean age per trial",
        ),
        studies: vec![
            cohort(
                "Zarate 2006",
                "Treatment-resistant depression",
                Some(18),
                Some(66.7),
                Some(46.7),
            ),
            cohort(
                "Murrough 2013",
                "Treatment-resistant depression",
                Some(73),
                Some(51.0),
                Some(45.6),
            ),
            cohort(
                "Anand 2023 ELEKT-D",
                "Treatment-resistant depression",
                Some(403),
                Some(51.1),
                Some(46.0),
            ),
            cohort(
                "Lapidus 2014",
                "Major depression",
                Some(20),
                Some(50.0),
                Some(48.0),
            ),
            cohort("Lii 2023", "Major depression", Some(40), Some(70.0), Some(51.2)),
            cohort(
                "Phillips 2019",
                "Treatment-resistant depression",
                Some(41),
                None,
                None,
            ),
            cohort(
                "Grunebaum 2018",
                "Major depression with suicidal ideation",
                Some(80),
                Some(60.0),
                None,
            ),
            cohort("Loo 2023 KADS", "", None, None, None),
        ],
    }
}

/// Lights.
pub fn risk_of_bias() -> RiskOfBias {
    let row = |label: &str, signs: &str| RiskOfBiasRow {
        key: label.to_lowercase().replace(' ', ""),
        label: label.to_owned(),
        lights: lights(signs),
        rows: vec![RowId::new("risk_of_bias.csv", 5)],
    };
    RiskOfBias {
        heading: heading(
            "risk-of-bias",
            "Blinding is the weakest domain",
            "Judgements by Cochrane RoB 1; 6 trials",
        ),
        tool: "Cochrane RoB 1".to_owned(),
        domains: domains(),
        studies: vec![
            row("Berman 2000", "????--+"),
            row("Zarate 2006", "+?????+"),
            row("Lapidus 2014", "+++++?+"),
            row("Su 2017", "????+++"),
            row("Sumner 2020", "+?-++?+"),
            row("Correia-Melo 2020 and the Bahia esketamine group", "++?+"),
        ],
    }
}

/// Two arms.
pub fn icons() -> Icons {
    Icons {
        heading: heading(
            "icons-response",
            "About 24 more people in 100 respond within a day",
            "Response at 24 hours; 5 trials, 281 people",
        ),
        event: "respond within a day".to_owned(),
        arms: vec![
            IconArm {
                label: "With midazolam or saline".to_owned(),
                risk: 0.2,
                limits: None,
                treated: false,
            },
            IconArm {
                label: "With ketamine".to_owned(),
                risk: 0.44,
                limits: Some((0.27, 0.63)),
                treated: true,
            },
        ],
    }
}

/// A funnel with two adjusted estimates.
pub fn funnel() -> Funnel {
    let list = [
        (-7.95, 2.22, "Murrough 2013"),
        (-7.6, 1.9, "Lapidus 2014"),
        (-3.7, 2.85, "Lii 2023"),
        (-5.8, 1.73, "Phillips 2019"),
        (-9.9, 3.6, "Sos 2013"),
        (-3.2, 1.1, "Su 2017"),
        (-4.9, 1.4, "Fava 2020"),
        (-12.0, 4.1, "Hu 2016"),
        (-6.7, 2.6, "Singh 2016"),
        (-4.1, 0.9, "Shiroma 2020"),
    ];
    Funnel {
        heading: heading(
            "funnel",
            "Small trials report larger effects",
            "Standard error against mean difference in MADRS at 24 hours; 10 trials",
        ),
        effect: points(),
        points: list
            .iter()
            .map(|(effect, se, label)| FunnelPoint {
                key: label.to_lowercase().replace(' ', ""),
                label: (*label).to_owned(),
                effect: *effect,
                se: *se,
                rows: rows(&[9]),
            })
            .collect(),
        pooled: Some(-5.3),
        adjusted: vec![
            Reference {
                value: -3.4,
                label: "limit meta-analysis".to_owned(),
            },
            Reference {
                value: -4.4,
                label: "trim and fill".to_owned(),
            },
        ],
    }
}

/// A funnel of odds ratios.
pub fn funnel_ratio() -> Funnel {
    let list = [
        (4.54, 0.54, "Murrough 2013"),
        (13.6, 1.13, "Lapidus 2014"),
        (1.5, 0.64, "Lii 2023"),
        (17.5, 1.08, "Daly 2018"),
        (2.9, 0.52, "Canuso 2018"),
    ];
    Funnel {
        heading: heading(
            "funnel-response",
            "Five trials are too few to see a pattern",
            "Standard error against odds ratio of response at 24 hours; 5 trials",
        ),
        effect: odds(),
        points: list
            .iter()
            .map(|(effect, se, label)| FunnelPoint {
                key: label.to_lowercase().replace(' ', ""),
                label: (*label).to_owned(),
                effect: *effect,
                se: *se,
                rows: rows(&[9]),
            })
            .collect(),
        pooled: Some(3.94),
        adjusted: vec![],
    }
}

/// Thirty effects of ten trials.
pub fn caterpillar() -> Caterpillar {
    let effects = (0..30).map(|i| {
        let value = -5.0 + ((i * 7919) % 31) as f64 / 3.0 - 4.0;
        let half = 1.5 + ((i * 104_729) % 17) as f64 / 4.0;
        CaterpillarPoint {
            key: format!("trial{}", i / 3 + 1),
            label: format!("Trial {}, visit {}", i / 3 + 1, i % 3 + 1),
            interval: Interval::new(value, value - half, value + half),
            rows: rows(&[9 + i as u64]),
        }
    });
    Caterpillar {
        heading: heading(
            "caterpillar",
            "Most effects stand on one side, and they spread widely",
            "Mean difference in MADRS at three visits; 30 effects of 10 trials",
        ),
        effect: self::points(),
        points: effects.collect(),
        pooled: Some(Interval::new(-4.1, -5.6, -2.6)),
        prediction: Some((-9.8, 1.6)),
    }
}

fn dots(list: &[(f64, f64, f64, bool)]) -> Vec<ScatterPoint> {
    let one = |(i, (x, y, size, marked)): (usize, &(f64, f64, f64, bool))| ScatterPoint {
        key: format!("trial{}", i + 1),
        label: format!("Trial {}", i + 1),
        x: *x,
        y: *y,
        size: *size,
        marked: *marked,
        rows: rows(&[i as u64 + 2]),
    };
    list.iter().enumerate().map(one).collect()
}

/// Heterogeneity against influence.
pub fn baujat() -> Scatter {
    Scatter {
        heading: heading(
            "baujat",
            "Two trials make most of the heterogeneity",
            "Contribution to heterogeneity against influence on the mean; 8 trials",
        ),
        x: "Squared Pearson residual".to_owned(),
        y: "Squared change of the mean, in its variances".to_owned(),
        points: dots(&[
            (0.03, 0.01, 0.0, false),
            (1.5, 0.11, 0.0, false),
            (0.55, 0.03, 0.0, false),
            (1.58, 0.22, 0.0, true),
            (0.65, 0.07, 0.0, false),
            (0.01, 0.02, 0.0, false),
            (1.53, 0.1, 0.0, false),
            (1.67, 0.2, 0.0, true),
        ]),
        note: "Filled and named: the trials with the most influence.".to_owned(),
        ..Scatter::default()
    }
}

/// Galbraith's plot.
pub fn radial() -> Scatter {
    Scatter {
        heading: heading(
            "radial",
            "No trial lies far outside the band",
            "Standardised effect against precision; 5 trials; the slope of the line is the pooled effect",
        ),
        x: "Precision, 1 / standard error".to_owned(),
        y: "Effect / standard error".to_owned(),
        points: dots(&[
            (1.2, -1.1, 0.0, false),
            (1.4, -2.2, 0.0, false),
            (1.7, -2.4, 0.0, false),
            (1.75, 0.02, 0.0, true),
            (1.6, -0.4, 0.0, false),
        ]),
        lines: vec![
            ScatterLine {
                label: "pooled effect".to_owned(),
                points: vec![(0.0, 0.0), (1.8, -1.26)],
                dashed: false,
            },
            ScatterLine {
                label: "two standard errors from it".to_owned(),
                points: vec![(0.0, 2.0), (1.8, 0.74)],
                dashed: true,
            },
            ScatterLine {
                label: String::new(),
                points: vec![(0.0, -2.0), (1.8, -3.26)],
                dashed: true,
            },
        ],
        bands: vec![vec![(0.0, 2.0), (1.8, 0.74), (1.8, -3.26), (0.0, -2.0)]],
        hold: vec![(0.0, 2.0), (0.0, -2.0), (1.8, -3.26)],
        note: String::new(),
        ends: None,
    }
}

/// Risks of both groups.
pub fn labbe() -> Scatter {
    Scatter {
        heading: heading(
            "labbe",
            "Nearly every trial lies below the line of no effect",
            "Risk under treatment against risk under control; 5 trials; area by number of people",
        ),
        x: "Risk in the control group".to_owned(),
        y: "Risk in the treated group".to_owned(),
        points: dots(&[
            (0.08, 0.03, 0.01, false),
            (0.1, 0.02, 0.02, false),
            (0.16, 0.06, 0.05, false),
            (0.05, 0.05, 1.0, true),
            (0.22, 0.12, 0.2, false),
        ]),
        lines: vec![
            ScatterLine {
                label: "no effect".to_owned(),
                points: vec![(0.0, 0.0), (1.0, 1.0)],
                dashed: true,
            },
            ScatterLine {
                label: "pooled effect".to_owned(),
                points: vec![(0.0, 0.0), (1.0, 0.49)],
                dashed: false,
            },
        ],
        hold: vec![(0.0, 0.0)],
        ..Scatter::default()
    }
}

/// Counts over fields, in two clouds.
pub fn subset_grid() -> SubsetGrid {
    let bump = |i: usize, j: usize, a: f64, b: f64| {
        let (x, y) = ((i as f64 - a) / 3.0, (j as f64 - b) / 4.0);
        (400.0 * (-0.5 * (x * x + y * y)).exp()) as u64
    };
    let cell = |row: usize, column: usize| bump(column, row, 8.0, 18.0) + bump(column, row, 19.0, 11.0) / 3;
    SubsetGrid {
        heading: heading(
            "gosh",
            "The subsets fall into two clouds",
            "Pooled mean difference and heterogeneity of all subsets of 13 trials",
        ),
        x: "Pooled mean difference of a subset, MADRS points".to_owned(),
        estimate: (0..=25).map(|i| -9.0 + 0.3 * f64::from(i)).collect(),
        i2: (0..=25).map(|i| 4.0 * f64::from(i)).collect(),
        counts: (0..25)
            .map(|row| (0..25).map(|column| cell(row, column)).collect())
            .collect(),
        pooled: Some(-5.8),
    }
}

/// Eight measures of seven studies.
pub fn influence_panel() -> InfluencePanel {
    let measures = [
        ("Studentised residual", vec![-1.96, 1.96]),
        ("dffits", vec![-1.1, 1.1]),
        ("Cook's distance", vec![0.45]),
        ("Covariance ratio", vec![1.0]),
        ("tau\u{b2} without it", vec![0.31]),
        ("Q without it", vec![]),
        ("Hat value", vec![0.43]),
        ("Weight, %", vec![]),
    ];
    let value = |row: usize, column: usize| {
        let wave = ((row * 5 + column * 3) % 7) as f64 / 7.0;
        match column {
            0 | 1 => 2.6 * wave - 1.2,
            3 => 0.8 + wave,
            5 => 90.0 + 60.0 * wave,
            7 => 5.0 + 10.0 * wave,
            _ => 0.5 * wave,
        }
    };
    let study = |row: usize| InfluenceRow {
        key: format!("trial{}", row + 1),
        label: if row == 3 {
            "Trial 4 with a name that is longer than most names of trials".to_owned()
        } else {
            format!("Trial {}", row + 1)
        },
        values: (0..8)
            .map(|column| (row != 5 || column != 2).then(|| value(row, column)))
            .collect(),
        influential: row == 3,
        rows: rows(&[row as u64 + 2]),
    };
    InfluencePanel {
        heading: heading(
            "influence",
            "One trial has more influence than the others",
            "Deletion measures of 7 trials",
        ),
        measures: measures
            .into_iter()
            .map(|(label, limits)| Measure {
                label: label.to_owned(),
                limits,
            })
            .collect(),
        studies: (0..7).map(study).collect(),
        note: "Dashed: customary limits, or the value with all trials. Filled and bold: beyond a limit."
            .to_owned(),
    }
}

/// The figures of a diagnosis.
pub fn diagnosis() -> Vec<(&'static str, Scene, Scene)> {
    use onset_plot::diagnosis::{self as d, Place, Step, Study, Subject};
    let subject = Subject {
        id: "sample".to_owned(),
        of: "Depression, 24 hours".to_owned(),
        model: "Random effects (REML), 8 trials.".to_owned(),
        effect: Effect {
            direction: Direction::Unstated,
            ..points()
        },
    };
    let study = |i: u64| Study {
        key: format!("trial-{i}"),
        label: format!("Trial {i}"),
        rows: rows(&[i + 1]),
    };
    let step = |i: u64| Step {
        study: study(i),
        mean: (i != 3).then(|| Interval::new(-3.0 - 0.3 * i as f64, -7.0, -0.5 + 0.1 * i as f64)),
    };
    let steps: Vec<Step> = (1..=8).map(step).collect();
    let whole = Mean {
        label: "All trials".to_owned(),
        effect: Some(Interval::new(-4.4, -6.6, -2.1)),
        k: 8,
        ..Mean::default()
    };
    let place = |i: u64| Place {
        study: study(i),
        x: 0.1 + 0.11 * i as f64,
        y: 0.05 + (i as f64 * 2.3).sin() * 0.04 + 0.08 * i as f64,
    };
    let places: Vec<Place> = (1..=8).map(place).collect();
    let people = places
        .iter()
        .cloned()
        .zip([40.0, 12.0, 80.0, 25.0, 33.0, 61.0, 19.0, 48.0]);
    let people: Vec<(Place, f64)> = people.collect();
    let line: Vec<(f64, f64)> = (0..=10)
        .map(|i| (0.1 * f64::from(i), 0.08 * f64::from(i)))
        .collect();
    let envelope: Vec<(Place, [f64; 2])> = places
        .iter()
        .map(|p| (p.clone(), [p.x - 0.2, p.x + 0.15]))
        .collect();
    let curve: Vec<(f64, f64)> = (0..=40)
        .map(|i| 0.25 * f64::from(i))
        .map(|t| (t, -20.0 + (t + 0.4).ln() - 0.5 * t))
        .collect();
    let chances: Vec<(f64, Interval)> = [0.9, 0.7, 0.5, 0.3, 0.1]
        .map(|p| (p, Interval::new(0.2 * p, 0.2 * p - 0.12, 0.2 * p + 0.1)))
        .to_vec();
    let panels = [
        d::leave_one_out(&subject, &steps, &whole),
        d::cumulative(&subject, &steps, "by year", &whole),
        d::baujat(&subject, &places),
        d::radial(&subject, &places, 0.4, 0.3),
        d::labbe(&subject, &people, &line),
        d::quantiles(&subject, &envelope),
        d::profile(&subject, &curve, 1.92),
        d::copas(
            &subject,
            &chances,
            &Interval::new(0.2, 0.1, 0.3),
            "Mean, log odds ratio",
        ),
    ];
    let names = [
        "diagnosis-leave-one-out",
        "diagnosis-cumulative",
        "diagnosis-baujat",
        "diagnosis-radial",
        "diagnosis-labbe",
        "diagnosis-quantiles",
        "diagnosis-profile",
        "diagnosis-copas",
    ];
    let found = names.into_iter().zip(panels.into_iter().flatten());
    found
        .map(|(name, panel)| (name, panel.wide, panel.narrow))
        .collect()
}

/// Every sample, wide and narrow.
pub fn scenes() -> Vec<(&'static str, Scene, Scene)> {
    let mut all = single();
    all.extend(diagnosis());
    all
}

fn single() -> Vec<(&'static str, Scene, Scene)> {
    use onset_plot as p;
    let forest = |input: &Forest| (p::forest(input), p::forest_narrow(input));
    let named = |name, (wide, narrow): (Scene, Scene)| (name, wide, narrow);
    vec![
        named("forest-madrs", forest(&madrs())),
        named("forest-response", forest(&response())),
        named("forest-one", forest(&one())),
        named("forest-none", forest(&none())),
        named("forest-many", forest(&many(40))),
        named("windows", (p::windows(&windows()), p::windows_narrow(&windows()))),
        named(
            "windows-ratio",
            (p::windows(&windows_ratio()), p::windows_narrow(&windows_ratio())),
        ),
        named("cohorts", (p::cohorts(&cohorts()), p::cohorts_narrow(&cohorts()))),
        named(
            "risk-of-bias",
            (
                p::risk_of_bias(&risk_of_bias()),
                p::risk_of_bias_narrow(&risk_of_bias()),
            ),
        ),
        named(
            "blinding-plane",
            (p::blinding_plane(&plane()), p::blinding_plane_narrow(&plane())),
        ),
        named(
            "specification",
            (
                p::specification(&specification()),
                p::specification_narrow(&specification()),
            ),
        ),
        named(
            "onset-forest",
            (p::onset_forest(&onset()), p::onset_forest_narrow(&onset())),
        ),
        named("trials", (p::trials(&trials()), p::trials_narrow(&trials()))),
        named("icons", (p::icons(&icons()), p::icons_narrow(&icons()))),
        named("funnel", (p::funnel(&funnel()), p::funnel_narrow(&funnel()))),
        named("baujat", (p::scatter(&baujat()), p::scatter_narrow(&baujat()))),
        named("radial", (p::scatter(&radial()), p::scatter_narrow(&radial()))),
        named("labbe", (p::scatter(&labbe()), p::scatter_narrow(&labbe()))),
        named(
            "gosh",
            (
                p::subset_grid(&subset_grid()),
                p::subset_grid_narrow(&subset_grid()),
            ),
        ),
        named(
            "caterpillar",
            (
                p::caterpillar(&caterpillar()),
                p::caterpillar_narrow(&caterpillar()),
            ),
        ),
        named(
            "influence",
            (
                p::influence_panel(&influence_panel()),
                p::influence_panel_narrow(&influence_panel()),
            ),
        ),
        named(
            "funnel-ratio",
            (p::funnel(&funnel_ratio()), p::funnel_narrow(&funnel_ratio())),
        ),
        named(
            "network-graph",
            (
                p::network_graph(&networks::graph(7)),
                p::network_graph_narrow(&networks::graph(7)),
            ),
        ),
        named(
            "network-graph-many",
            (
                p::network_graph(&networks::graph(14)),
                p::network_graph_narrow(&networks::graph(14)),
            ),
        ),
        named(
            "league",
            (
                p::league(&networks::league(7)),
                p::league_narrow(&networks::league(7)),
            ),
        ),
        named(
            "league-many",
            (
                p::league(&networks::league(9)),
                p::league_narrow(&networks::league(9)),
            ),
        ),
        named(
            "netsplit",
            (
                p::netsplit(&networks::split()),
                p::netsplit_narrow(&networks::split()),
            ),
        ),
        named(
            "rankogram",
            (
                p::rankogram(&networks::ranks(7)),
                p::rankogram_narrow(&networks::ranks(7)),
            ),
        ),
        named(
            "contributions",
            (
                p::contributions(&networks::carried()),
                p::contributions_narrow(&networks::carried()),
            ),
        ),
        named(
            "acceptability",
            (
                p::lines(&lines::acceptability()),
                p::lines_narrow(&lines::acceptability()),
            ),
        ),
        named(
            "survival",
            (
                p::survival(&lines::survival()),
                p::survival_narrow(&lines::survival()),
            ),
        ),
        named(
            "priors",
            (p::priors(&lines::priors()), p::priors_narrow(&lines::priors())),
        ),
        named(
            "priors-ratio",
            (
                p::priors(&lines::priors_ratio()),
                p::priors_narrow(&lines::priors_ratio()),
            ),
        ),
        named(
            "monitored",
            (
                p::lines(&lines::monitored()),
                p::lines_narrow(&lines::monitored()),
            ),
        ),
    ]
}

/// Listings of all scenes that snapshots are kept of; of the long figure, a short one of its kind.
pub fn listings() -> Vec<(String, String)> {
    let short = many(7);
    let mut scenes = scenes();
    scenes.retain(|(name, ..)| *name != "forest-many");
    scenes.push((
        "forest-seven",
        onset_plot::forest(&short),
        onset_plot::forest_narrow(&short),
    ));
    let both = |(name, wide, narrow): (&str, Scene, Scene)| {
        [
            (name.to_owned(), wide.listing()),
            (format!("{name}-narrow"), narrow.listing()),
        ]
    };
    scenes.into_iter().flat_map(both).collect()
}

/// Three trials of one pool; only one asked people.
pub fn plane() -> onset_plot::blinding::BlindingPlane {
    use onset_plot::blinding::{BeliefMark, BlindingPlane};
    let mark = |label: &str, difference: f64, observed: bool, line: u64| BeliefMark {
        key: label.to_lowercase().replace(' ', ""),
        label: label.to_owned(),
        difference,
        observed,
        rows: vec![RowId::new("blinding.csv", line)],
    };
    BlindingPlane {
        heading: heading(
            "blinding-plane",
            "Belief would have to be worth 10 points to hide the important difference",
            "Mean difference in MADRS points; each line joins places with the same adjusted effect",
        ),
        effect: madrs().effect,
        axis: "Effect of believing in ketamine, MADRS points of improvement".to_owned(),
        curve: (0..=30)
            .map(|i| (f64::from(i), -6.9 + 0.38 * f64::from(i)))
            .collect(),
        tipping: vec![
            (10.3, "important difference".to_owned()),
            (18.2, "no difference".to_owned()),
        ],
        published: vec![
            (Interval::new(3.7, -0.4, 7.7), "Page 2016".to_owned()),
            (Interval::new(5.6, 4.1, 7.1), "Hróbjartsson 2014".to_owned()),
        ],
        beliefs: vec![
            mark("Murrough 2013", 0.39, false, 5),
            mark("Lapidus 2014", 0.6, false, 6),
            mark("Lii 2023", 0.03, true, 10),
        ],
    }
}

/// Twelve analyses of one result; the least favourable sets the floor.
pub fn specification() -> onset_plot::specification::Specification {
    use onset_plot::specification::{Specification, SpecificationMark};
    let analyses = (0..12)
        .map(|i| {
            let at = f64::from(i) * 0.35;
            SpecificationMark {
                interval: Interval::new(-7.7 + at, -11.0 + 0.5 * at, -4.6 + 1.5 * at),
                options: vec![(i % 2) as usize, (i % 3) as usize],
                sets: i == 11,
                name: format!("analysis {i}"),
            }
        })
        .collect();
    Specification {
        heading: Heading {
            id: "specification".to_owned(),
            title: "The least favourable of 12 declared analyses leaves open no benefit at all".to_owned(),
            subtitle: "Mean difference in MADRS points, 24 hours; 3 trials, 132 people.".to_owned(),
            ..Heading::default()
        },
        effect: points(),
        forks: vec![
            (
                "Studies".to_owned(),
                vec!["all studies".to_owned(), "without Lii 2023".to_owned()],
            ),
            (
                "Model".to_owned(),
                vec![
                    "REML".to_owned(),
                    "PM".to_owned(),
                    "Bayes, half-normal prior, scale 5".to_owned(),
                ],
            ),
        ],
        analyses,
        floors: vec![
            Reference {
                value: 1.175,
                label: "floor".to_owned(),
            },
            Reference {
                value: -2.0,
                label: "floor of 50 %".to_owned(),
            },
        ],
    }
}

/// One comparison with every kind of time, one that never gets there.
pub fn onset() -> onset_plot::onset::OnsetForest {
    use onset_plot::onset::{OnsetBlock, OnsetForest, OnsetRow};
    let row =
        |label: &str, hours: Option<f64>, lower: Option<f64>, upper: Option<f64>, note: &str| OnsetRow {
            label: label.to_owned(),
            hours,
            lower,
            upper,
            bounded: lower.is_some() || upper.is_some(),
            note: note.to_owned(),
        };
    OnsetForest {
        heading: heading(
            "onset-forest",
            "Half of the effect is there after 2.3 hours",
            "Times by definition; 95 % intervals",
        ),
        blocks: vec![
            OnsetBlock {
                label: "Ketamine v midazolam".to_owned(),
                rows: vec![
                    row(
                        "Half of the peak",
                        Some(2.3),
                        Some(1.1),
                        Some(4.9),
                        "5 trials, 312 people then",
                    ),
                    row(
                        "Important difference reached, and kept to the horizon",
                        Some(3.1),
                        Some(1.4),
                        None,
                        "5 trials, 312 people then",
                    ),
                    row(
                        "Separated from control, and stays so to the horizon",
                        Some(24.0),
                        None,
                        None,
                        "",
                    ),
                ],
            },
            OnsetBlock {
                label: "Ketamine v saline".to_owned(),
                rows: vec![row(
                    "Important difference reached",
                    None,
                    None,
                    None,
                    "the fitted curve does not get there",
                )],
            },
        ],
        visits: Some((0.7, 336.0)),
        horizon: Some(168.0),
    }
}

/// Six trials of one to six visits under one curve; a long name.
pub fn trials() -> onset_plot::trials::Trials {
    use onset_plot::trials::{TrialPanel, TrialVisit, Trials};
    let curve = |t: f64| -7.0 * t / (2.3 + t) * (-t * std::f64::consts::LN_2 / 400.0).exp();
    let panel = |i: usize, label: &str, hours: &[f64]| TrialPanel {
        key: format!("t{i}"),
        label: label.to_owned(),
        visits: hours
            .iter()
            .enumerate()
            .map(|(k, &h)| {
                let y = curve(h) + 2.0 * ((i * 5 + k * 3) % 4) as f64 - 3.0;
                let half = 2.0 + 1.3 * ((i + k) % 3) as f64;
                TrialVisit {
                    hours: h,
                    effect: Interval::new(y, y - half, y + half),
                    people: 20 + 7 * i as u64,
                    rows: rows(&[(10 * i + k) as u64 + 2]),
                }
            })
            .collect(),
        curve: Vec::new(),
    };
    Trials {
        heading: heading(
            "trials",
            "Five of six trials lie near the common curve",
            "Mean difference at each visit of each trial",
        ),
        effect: points(),
        panels: vec![
            panel(0, "Trial A 2000", &[0.7, 1.3, 4.0, 24.0, 72.0, 168.0]),
            panel(1, "Trial B 2006", &[4.0, 24.0, 168.0]),
            panel(
                2,
                "A consortium of nineteen university hospitals 2016",
                &[24.0, 48.0, 72.0, 168.0, 336.0],
            ),
            panel(3, "Trial D 2012", &[24.0]),
            panel(4, "Trial E 2013", &[2.0, 24.0, 72.0]),
            panel(5, "Trial F 2014", &[24.0, 672.0]),
        ],
        curve: (0..=40)
            .map(|i| 0.7 * (480.0f64).powf(f64::from(i) / 40.0))
            .map(|t| (t, curve(t)))
            .collect(),
    }
}

/// Figures of a network of `n` treatments with made numbers: two parts, one pair in five refused, long names among them.
pub mod networks {
    use super::{heading, points};
    use onset_plot::contribution::{ContributionBar, ContributionPart, Contributions};
    use onset_plot::league::{League, LeaguePair};
    use onset_plot::netsplit::{NetSplit, SplitLine, SplitPair};
    use onset_plot::network::{GraphEdge, GraphNode, NetworkGraph};
    use onset_plot::rankogram::{RankPanel, Rankogram};
    use onset_plot::rob::Light;
    use onset_plot::{Effect, Interval};

    const NAMES: [&str; 7] = [
        "Racemic ketamine, infusion",
        "Esketamine, infusion",
        "Midazolam, infusion",
        "Saline under anaesthesia",
        "Esketamine, intranasal, alone or with a new oral antidepressant",
        "ECT",
        "Spray without a drug",
    ];
    const STAMP: &str = "Joins different times (24 hours and 1 week). The effect is taken to last.";

    fn name(i: usize) -> String {
        NAMES
            .get(i)
            .map_or_else(|| format!("Treatment {i}"), |name| (*name).to_owned())
    }

    fn effect() -> Effect {
        Effect {
            treatment: "the treatment named first".to_owned(),
            control: "the treatment named second".to_owned(),
            ..points()
        }
    }

    fn made(i: usize, j: usize) -> Interval {
        let value = 1.7 * (i as f64 - j as f64) + 0.4 * ((i * 7 + j * 3) % 5) as f64;
        let half = 2.0 + ((i * 3 + j) % 4) as f64;
        Interval::new(value, value - half, value + half)
    }

    pub fn graph(n: usize) -> NetworkGraph {
        NetworkGraph {
            heading: heading("graph", "Seven treatments, two parts", "Made numbers"),
            nodes: (0..n)
                .map(|i| GraphNode {
                    label: name(i),
                    people: 40 + 97 * (i as u64 % 5) * (i as u64 % 3),
                    trials: 1 + i % 4,
                    part: usize::from(i + 2 >= n),
                })
                .collect(),
            edges: (0..n)
                .flat_map(|i| (i + 1..n).map(move |j| (i, j)))
                .filter(|(i, j)| (i + 2 >= n) == (j + 2 >= n) && (i * j) % 3 == 0)
                .map(|(a, b)| GraphEdge {
                    a,
                    b,
                    trials: 1 + (a * 5 + b) % 4,
                    people: 60,
                })
                .collect(),
            stamp: STAMP.to_owned(),
        }
    }

    pub fn league(n: usize) -> League {
        League {
            heading: heading("league", "Some comparisons exclude no difference", "Made numbers"),
            effect: effect(),
            names: (0..n).map(name).collect(),
            pairs: (0..n)
                .flat_map(|i| (i + 1..n).map(move |j| (i, j)))
                .filter(|(i, j)| (i + 2 >= n) == (j + 2 >= n))
                .map(|(i, j)| {
                    let refused = (i + j) % 5 == 4;
                    LeaguePair {
                        first: i,
                        second: j,
                        network: (!refused).then(|| made(i, j)),
                        direct: (!refused && (i + j) % 2 == 1).then(|| made(j, i + 1)),
                        note: if refused {
                            "refused: different times".to_owned()
                        } else {
                            String::new()
                        },
                    }
                })
                .collect(),
            stamp: String::new(),
        }
    }

    pub fn split() -> NetSplit {
        let line = |label: &str, network, interval| SplitLine {
            label: label.to_owned(),
            network,
            interval,
        };
        let pair = |i: usize, j: usize, lines, test: &str, note: &str| SplitPair {
            label: format!("{} v {}", name(i), name(j)),
            test: test.to_owned(),
            note: note.to_owned(),
            lines,
        };
        NetSplit {
            heading: heading(
                "netsplit",
                "Direct and indirect evidence differ once",
                "Made numbers",
            ),
            effect: effect(),
            pairs: vec![
                pair(
                    0,
                    2,
                    vec![
                        line("direct, 3 trials", false, made(0, 3)),
                        line("indirect", false, made(2, 1)),
                        line("network", true, made(0, 1)),
                    ],
                    "p = 0.021",
                    "",
                ),
                pair(
                    4,
                    3,
                    vec![line("indirect alone", true, Interval::new(-4.0, -60.0, 52.0))],
                    "",
                    "",
                ),
                pair(
                    1,
                    5,
                    Vec::new(),
                    "",
                    "Refused: the trials behind it look at different times.",
                ),
            ],
            stamp: String::new(),
        }
    }

    pub fn ranks(n: usize) -> Rankogram {
        Rankogram {
            heading: heading(
                "rankogram",
                "ECT ranks first with a probability of 61 %",
                "Made numbers",
            ),
            treatments: (0..n)
                .map(|i| RankPanel {
                    label: name(i),
                    p_score: 1.0 - i as f64 / n as f64,
                    cumulative: (1..=n)
                        .map(|rank| (rank as f64 / n as f64).powf(0.4 + 0.5 * i as f64))
                        .collect(),
                })
                .collect(),
            stamp: String::new(),
        }
    }

    pub fn carried() -> Contributions {
        let part = |label: &str, share, risk| ContributionPart {
            label: label.to_owned(),
            share,
            risk,
        };
        Contributions {
            heading: heading("contributions", "One estimate rests on one trial", "Made numbers"),
            bars: vec![
                ContributionBar {
                    label: format!("{} v {}", name(0), name(4)),
                    parts: vec![
                        part("TRANSFORM-1", 0.41, Light::Low),
                        part("Murrough 2013", 0.3, Light::Unclear),
                        part("Lii 2023", 0.2, Light::NotJudged),
                        part("Su 2017", 0.09, Light::High),
                    ],
                },
                ContributionBar {
                    label: "ECT v midazolam, infusion".to_owned(),
                    parts: vec![part("Anand 2023", 1.0, Light::NotJudged)],
                },
            ],
            stamp: STAMP.to_owned(),
        }
    }
}
