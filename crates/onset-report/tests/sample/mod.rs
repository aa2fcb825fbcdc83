//! Answers to develop and test with: made-up trials, every shape of result.

use onset_data::RowId;
use onset_review::answers::*;
use std::collections::BTreeMap;

const LEVEL: f64 = 0.95;
const Z: f64 = 1.959963984540054;

/// Several comparisons, outcomes and windows; empty pools, single trials, long names, a hostile study name.
pub fn answers() -> Answers {
    let by = pools();
    let headline = by
        .iter()
        .position(|p| p.id == "iv-v-active/depression/24h")
        .unwrap_or(0);
    let pool = &by[headline];
    let speed = Answer {
        question: "How fast?".to_owned(),
        sentence:
            "The earliest window with results is 0 to 6 hours (3 trials, 118 people); the earliest in which \
                   ketamine is separated from midazolam is 24 hours (6 trials, 402 people)."
                .to_owned(),
        why_not: Some("An onset time needs a fitted time course.".to_owned()),
        pool: Some(format!("/size/by/{headline}")),
        course: courses(&by),
        assumptions: vec![
            "Each trial speaks through the visit nearest to a window's target hour.".to_owned(),
            "Windows hold different trials: a change from one to the next may be a change of trials."
                .to_owned(),
        ],
        ..blank()
    };
    let size = Answer {
        question: "How much?".to_owned(),
        sentence:
            "Ketamine v midazolam, depression severity at 24 hours: better on average; the interval lies on \
                   the side of benefit."
                .to_owned(),
        estimate: pool.estimate.clone(),
        k: pool.k,
        n: pool.n,
        pool: Some(format!("/size/by/{headline}")),
        warnings: vec![note(
            "few_trials",
            "warning",
            "Only 6 trials: the estimate may move when another one is added.",
        )],
        ..blank()
    };
    let duration = Answer {
        question: "How long?".to_owned(),
        sentence:
            "The last window with randomised results on depression severity is 7 days; after it nothing is \
                   known from these trials."
                .to_owned(),
        why_not: Some("How long the effect lasts needs a model of decay.".to_owned()),
        pool: by
            .iter()
            .position(|p| p.id == "iv-v-active/depression/day7")
            .map(|i| format!("/size/by/{i}")),
        ..blank()
    };
    Answers {
        review: review(),
        speed,
        duration,
        blinding: Answer {
            question: "How much of it is unblinding?".to_owned(),
            sentence: "2 of 14 studies report by arm what people guessed they were given.".to_owned(),
            why_not: Some("No share of the effect is assigned to unblinding.".to_owned()),
            ..blank()
        },
        comparison: Answer {
            question: "Compared with what?".to_owned(),
            sentence:
                "Compared head to head in the headline window: ketamine v midazolam; ketamine v saline."
                    .to_owned(),
            why_not: Some("Treatments are compared pair by pair; no network joins them.".to_owned()),
            ..blank()
        },
        certainty: Answer {
            question: "How sure?".to_owned(),
            sentence: "Certainty has not been rated.".to_owned(),
            why_not: Some("A rating needs judgements that this protocol does not declare.".to_owned()),
            ..blank()
        },
        evidence: evidence(&by),
        ledger: None,
        grade: None,
        missing: onset_review::missing::MissingResults {
            pools: Vec::new(),
            protocol: Vec::new(),
        },
        flagged: None,
        floor: None,
        verdict: None,
        priors: None,
        economics: None,
        network: None,
        timecourse: None,
        durability: Some(lasting()),
        warnings: vec![note(
            "split",
            "warning",
            "One trial uses rows of two analysis sets.",
        )],
        size: Answer { by, ..size },
    }
}

fn review() -> ReviewInfo {
    ReviewInfo {
        title: "Ketamine for acute depressive episodes: a made-up sample".to_owned(),
        question:
            "In adults in a depressive episode, how fast, how much and for how long does ketamine help?"
                .to_owned(),
        version: "2026.11".to_owned(),
        seed: 20261123,
        format: 1,
        systematic_search: false,
        search: "Made-up trials, for developing the pages.".to_owned(),
        data_sha256: "3f1a".repeat(16),
        protocol_sha256: "9bc4".repeat(16),
        onset_version: "0.1.0".to_owned(),
        protocol: vec!["review.title".to_owned()],
    }
}

fn blank() -> Answer {
    Answer {
        question: String::new(),
        sentence: String::new(),
        estimate: None,
        why_not: None,
        k: 0,
        n: 0,
        pool: None,
        protocol: Vec::new(),
        rows: Vec::new(),
        by: Vec::new(),
        course: Vec::new(),
        assumptions: Vec::new(),
        warnings: Vec::new(),
    }
}

fn note(code: &str, severity: &str, message: &str) -> Note {
    Note {
        code: code.to_owned(),
        severity: severity.to_owned(),
        study: None,
        message: message.to_owned(),
    }
}

/// Labels of the trials: ordinary, long, and one that tries to be a script.
const TRIALS: [&str; 14] = [
    "Trial A 2000",
    "Trial B 2006",
    "Trial C 2010",
    "Trial D 2012",
    "Trial E 2013",
    "<script>alert(1)</script> & \"quoted\"",
    "Trial G 2015",
    "A consortium of nineteen university hospitals with an uncommonly long name 2016",
    "Trial I 2017",
    "=HYPERLINK(\"x\") 2018",
    "Trial K 2019",
    "Trial L 2020",
    "Trial M 2021",
    "Trial N 2023",
];

/// A source of digits for made-up numbers: the fractional part of multiples of the golden ratio.
fn digit(i: usize, spread: f64) -> f64 {
    ((i as f64 * 0.618_033_988_75).fract() - 0.5) * spread
}

struct Plan {
    comparison: &'static str,
    label: &'static str,
    sides: [&'static str; 2],
    primary: bool,
}

const PLANS: [Plan; 3] = [
    Plan {
        comparison: "iv-v-active",
        label: "Ketamine, intravenous v midazolam",
        sides: ["ketamine", "midazolam"],
        primary: true,
    },
    Plan {
        comparison: "iv-v-inert",
        label: "Ketamine, intravenous v saline",
        sides: ["ketamine", "saline"],
        primary: false,
    },
    Plan {
        comparison: "esk-v-oral",
        label: "Esketamine nasal spray with a new oral antidepressant v quetiapine, extended release",
        sides: ["esketamine", "quetiapine"],
        primary: false,
    },
];

/// Id, label, hours, evidence.
type WindowPlan = (&'static str, &'static str, Option<[f64; 3]>, &'static str);

const WINDOWS: [WindowPlan; 5] = [
    ("0-6h", "0 to 6 hours", Some([0.0, 6.0, 4.0]), "acute"),
    ("24h", "24 hours", Some([12.0, 36.0, 24.0]), "acute"),
    ("48-72h", "2 to 3 days", Some([36.0, 96.0, 72.0]), "acute"),
    ("day7", "7 days", Some([120.0, 240.0, 168.0]), "acute"),
    ("end", "End of the course", None, "course-end"),
];

/// Number of trials by comparison, window (columns) and outcome.
const TRIALS_IN: [[[usize; 5]; 3]; 3] = [
    [[3, 6, 2, 1, 4], [0, 5, 0, 2, 0], [0, 3, 0, 0, 1]],
    [[11, 12, 4, 3, 0], [4, 7, 0, 2, 0], [0, 0, 0, 0, 0]],
    [[0, 0, 0, 0, 1], [0, 0, 0, 0, 1], [0, 0, 0, 0, 0]],
];

fn pools() -> Vec<Pool> {
    let outcomes = [
        (
            "depression",
            "Depression severity",
            "MD",
            "MADRS points",
            "lower is better",
        ),
        ("response", "Response", "OR", "", "higher is better"),
        ("remission", "Remission", "RR", "", "higher is better"),
    ];
    let mut pools = Vec::new();
    for (c, plan) in PLANS.iter().enumerate() {
        for (o, outcome) in outcomes.iter().enumerate() {
            for (w, window) in WINDOWS.iter().enumerate() {
                let k = TRIALS_IN[c][o][w];
                pools.push(pool(plan, *outcome, *window, k, c * 7 + o * 3 + w));
            }
        }
    }
    pools
}

fn pool(
    plan: &Plan,
    outcome: (&str, &str, &str, &str, &str),
    window: WindowPlan,
    k: usize,
    start: usize,
) -> Pool {
    let (id, label, measure, unit, direction) = outcome;
    let (window_id, window_label, hours, evidence) = window;
    let ratio = measure != "MD";
    let studies: Vec<StudyResult> = (0..k).map(|i| study(start, i, measure, hours)).collect();
    let people =
        |side: fn(&StudyResult) -> &Side| studies.iter().map(|s| side(s).n.unwrap_or(0)).sum::<u64>();
    let (n_treatment, n_control) = (people(|s| &s.treatment), people(|s| &s.control));
    let mut pool = Pool {
        id: format!("{}/{id}/{window_id}", plan.comparison),
        comparison: plan.comparison.to_owned(),
        comparison_label: plan.label.to_owned(),
        treatment_label: plan.sides[0].to_owned(),
        control_label: plan.sides[1].to_owned(),
        outcome: id.to_owned(),
        outcome_label: label.to_owned(),
        kind: if ratio { "binary" } else { "continuous" }.to_owned(),
        direction: direction.to_owned(),
        window: window_id.to_owned(),
        window_label: window_label.to_owned(),
        from_hours: hours.map(|h| h[0]),
        to_hours: hours.map(|h| h[1]),
        target_hours: hours.map(|h| h[2]),
        evidence: evidence.to_owned(),
        measure: measure.to_owned(),
        unit: unit.to_owned(),
        ratio,
        primary: plan.primary,
        k,
        n_treatment,
        n_control,
        n: n_treatment + n_control,
        n_randomised: Some(n_treatment + n_control + 9),
        estimate: None,
        analysis: None,
        se: None,
        p: None,
        why_not: None,
        wald: None,
        modified: None,
        bayes: None,
        prediction: None,
        prediction_why_not: None,
        tau2: None,
        tau2_ci: None,
        i2: None,
        q: None,
        q_df: None,
        q_p: None,
        beyond_important: None,
        important_difference: (!ratio).then_some(-2.4),
        studies,
        subgroups: Vec::new(),
        leave_one_out: Vec::new(),
        diagnosis: None,
        sensitivity: Vec::new(),
        absolute: None,
        left_out: Vec::new(),
        protocol: vec![format!("comparison.{}", plan.comparison)],
        assumptions: Vec::new(),
        warnings: Vec::new(),
    };
    if k == 0 {
        pool.why_not = Some(format!(
            "No study of this comparison reports {} then.",
            label.to_lowercase()
        ));
        pool.left_out = if window_id == "48-72h" {
            left_out()
        } else {
            Vec::new()
        };
    } else {
        fill(&mut pool);
    }
    pool
}

fn left_out() -> Vec<LeftOut> {
    vec![LeftOut {
        study: "t13".to_owned(),
        label: TRIALS[13].to_owned(),
        reason: "Only a figure is printed.".to_owned(),
        rows: vec![RowId::new("observations.csv", 40)],
    }]
}

fn study(start: usize, i: usize, measure: &str, hours: Option<[f64; 3]>) -> StudyResult {
    let t = (start + i) % TRIALS.len();
    let n = 18 + 13 * ((t * 5) % 7) as u64;
    let ratio = measure != "MD";
    let (effect, se) = if ratio {
        (0.7 + digit(t + i, 1.6), (2.0 / (n as f64).sqrt()).max(0.25))
    } else {
        (-5.0 + digit(t + i, 9.0), 14.0 / (n as f64).sqrt())
    };
    let shown = |x: f64| if ratio { x.exp() } else { x };
    let side = |label: &str, better: f64| Side {
        label: label.to_owned(),
        arms: vec![label.to_owned()],
        n: Some(n),
        mean: (!ratio).then_some(-8.0 + better),
        sd: (!ratio).then_some(9.4),
        events: ratio.then_some((n as f64 * (0.25 - better / 30.0)).round() as u64),
        n_randomised: (t != 3).then_some(n + 2),
    };
    let group = if t.is_multiple_of(3) {
        "bipolar"
    } else {
        "unipolar"
    };
    StudyResult {
        id: format!("t{t}"),
        label: TRIALS[t].to_owned(),
        year: TRIALS[t]
            .split(' ')
            .next_back()
            .and_then(|year| year.parse().ok()),
        effect,
        se,
        shown: Interval {
            value: shown(effect),
            lower: shown(effect - Z * se),
            upper: shown(effect + Z * se),
        },
        weight: 0.0,
        treatment: side("active", effect.min(0.0)),
        control: side("control", 0.0),
        time_hours: hours.map(|h| h[2]),
        scale: (!ratio).then(|| "MADRS".to_owned()),
        statistic: if ratio { "count" } else { "change" }.to_owned(),
        design: if t % 4 == 1 { "crossover" } else { "parallel" }.to_owned(),
        basis: "MADRS, change, observed set".to_owned(),
        conversions: if t % 4 == 1 {
            vec!["SD from SE".to_owned()]
        } else {
            Vec::new()
        },
        subgroup: BTreeMap::from([("population".to_owned(), group.to_owned())]),
        risk_of_bias: judgements(t),
        rows: vec![
            RowId::new("observations.csv", 2 + 2 * t as u64),
            RowId::new("observations.csv", 3 + 2 * t as u64),
        ],
    }
}

fn judgements(t: usize) -> Vec<Judgement> {
    if t > 9 {
        return Vec::new();
    }
    let domains = [
        "sequence-generation",
        "allocation-concealment",
        "blinding-participants",
        "incomplete-data",
        "selective-reporting",
    ];
    let codes = ["low", "unclear", "high", "low"];
    let judged = domains.iter().enumerate().filter(|(d, _)| (t + d) % 6 != 5);
    judged
        .map(|(d, domain)| Judgement {
            tool: "RoB1".to_owned(),
            domain: (*domain).to_owned(),
            judgement: codes[(t + d) % 4].to_owned(),
            rows: vec![RowId::new("risk_of_bias.csv", (2 + t * 5 + d) as u64)],
        })
        .collect()
}

/// A common-effect mean of these studies: enough for pages.
fn mean<'a>(studies: impl Iterator<Item = &'a StudyResult>, ratio: bool) -> (f64, f64, Interval) {
    let (mut weights, mut sum) = (0.0, 0.0);
    for study in studies {
        let w = 1.0 / (study.se * study.se + if ratio { 0.1 } else { 4.0 });
        weights += w;
        sum += w * study.effect;
    }
    let (m, se) = (sum / weights, (1.0 / weights).sqrt());
    let shown = |x: f64| if ratio { x.exp() } else { x };
    (
        m,
        se,
        Interval {
            value: shown(m),
            lower: shown(m - Z * se),
            upper: shown(m + Z * se),
        },
    )
}

fn fill(pool: &mut Pool) {
    let ratio = pool.ratio;
    let shown = |x: f64| if ratio { x.exp() } else { x };
    let tau2 = if ratio { 0.1 } else { 4.0 };
    let (m, se, interval) = mean(pool.studies.iter(), ratio);
    let total: f64 = pool.studies.iter().map(|s| 1.0 / (s.se * s.se + tau2)).sum();
    for study in &mut pool.studies {
        study.weight = 100.0 / (study.se * study.se + tau2) / total;
    }
    let scale = match pool.measure.as_str() {
        "MD" => "mean difference",
        "OR" => "odds ratio",
        _ => "risk ratio",
    };
    let k = pool.k;
    pool.estimate = Some(Estimate {
        value: interval.value,
        lower: interval.lower,
        upper: interval.upper,
        level: LEVEL,
        scale: scale.to_owned(),
        unit: pool.unit.clone(),
        model: if k == 1 {
            "single study".to_owned()
        } else {
            "random effects, REML, Hartung-Knapp interval".to_owned()
        },
    });
    pool.analysis = Some(Interval {
        value: m,
        lower: m - Z * se,
        upper: m + Z * se,
    });
    pool.se = Some(se);
    pool.p = Some(if m / se < -3.0 { 0.0004 } else { 0.0312 });
    if k == 1 {
        pool.prediction_why_not = Some("One study.".to_owned());
        return;
    }
    pool.wald = Some(interval);
    pool.tau2 = Some(tau2);
    pool.tau2_ci = Some(Interval {
        value: tau2,
        lower: 0.0,
        upper: 8.0 * tau2,
    });
    pool.i2 = Some(41.7);
    (pool.q, pool.q_df, pool.q_p) = (Some(8.93), Some(k as u64 - 1), Some(0.112));
    if k >= 5 {
        let half = 2.4 * (se * se + tau2).sqrt();
        pool.prediction = Some(Interval {
            value: shown(m),
            lower: shown(m - half),
            upper: shown(m + half),
        });
    } else {
        pool.prediction_why_not = Some(format!("Printed from 5 studies; there are {k}."));
        pool.modified = Some(Interval {
            value: shown(m),
            lower: shown(m - 3.0 * se),
            upper: shown(m + 3.0 * se),
        });
    }
    if let Some(threshold) = pool.important_difference {
        pool.beyond_important = Some(Share {
            threshold: shown(threshold),
            share: 0.836,
            lower: Some(0.41),
            upper: Some(0.97),
            protocol: Vec::new(),
        });
    }
    pool.leave_one_out = leave_one_out(pool);
    pool.subgroups = vec![subgroups(pool)];
    pool.sensitivity = ["common effect", "tau2 by DL", "crossover correlation 0.3"]
        .map(|label| Sensitivity {
            label: label.to_owned(),
            k,
            estimate: interval,
            tau2: (label != "common effect").then_some(tau2),
            protocol: vec!["model.tau2".to_owned()],
        })
        .to_vec();
    if ratio {
        pool.absolute = Some(absolute(m, se));
    }
    pool.left_out = if pool.window == "24h" {
        left_out()
    } else {
        Vec::new()
    };
    pool.assumptions = vec![format!(
        "SD from SE in 1 of {k} studies: SD = SE times the square root of n."
    )];
    pool.warnings = vec![note(
        "crossover",
        "note",
        "One crossover enters by its first period.",
    )];
}

fn leave_one_out(pool: &Pool) -> Vec<LeaveOneOut> {
    if pool.k < 3 {
        return Vec::new();
    }
    let without = |i: usize| {
        pool.studies
            .iter()
            .enumerate()
            .filter(move |(j, _)| *j != i)
            .map(|(_, s)| s)
    };
    pool.studies
        .iter()
        .enumerate()
        .map(|(i, study)| LeaveOneOut {
            without: study.label.clone(),
            estimate: mean(without(i), pool.ratio).2,
            tau2: 3.1,
        })
        .collect()
}

fn subgroups(pool: &Pool) -> Subgroups {
    let of = |name: &str| {
        pool.studies
            .iter()
            .filter(|s| s.subgroup["population"] == name)
            .collect::<Vec<_>>()
    };
    let groups: Vec<SubgroupResult> = ["unipolar", "bipolar"]
        .into_iter()
        .filter(|name| !of(name).is_empty())
        .map(|name| {
            let members = of(name);
            SubgroupResult {
                group: name.to_owned(),
                k: members.len(),
                n: members.iter().map(|s| s.treatment.n.unwrap_or(0) * 2).sum(),
                estimate: Some(mean(members.iter().copied(), pool.ratio).2),
                members: members.iter().map(|s| s.id.clone()).collect(),
            }
        })
        .collect();
    let two = groups.len() == 2;
    Subgroups {
        by: "population".to_owned(),
        q: two.then_some(1.94),
        df: two.then_some(1),
        p: two.then_some(0.164),
        why_not: (!two).then(|| "One group only: nothing to compare.".to_owned()),
        tau2: Some(3.0),
        groups,
    }
}

fn absolute(m: f64, se: f64) -> Absolute {
    let control = 0.184;
    let treated = |x: f64| {
        let odds = x.exp() * control / (1.0 - control);
        odds / (1.0 + odds)
    };
    let (point, lower, upper) = (treated(m), treated(m - Z * se), treated(m + Z * se));
    Absolute {
        control_risk: Interval {
            value: control,
            lower: 0.09,
            upper: 0.28,
        },
        control_risk_source: "median of the control arms".to_owned(),
        treatment_risk: Interval {
            value: point,
            lower,
            upper,
        },
        risk_difference: Interval {
            value: point - control,
            lower: lower - control,
            upper: upper - control,
        },
        nnt: Some(1.0 / (point - control).abs()),
        nnt_text: "NNTB 5.2 (3.1 to 18)".to_owned(),
        capped: false,
        draws: 100_000,
        seed: 20261123,
        protocol: vec!["outcome.response.control_risk".to_owned()],
    }
}

fn courses(pools: &[Pool]) -> Vec<Course> {
    let mut courses: Vec<Course> = Vec::new();
    for (i, pool) in pools.iter().enumerate() {
        let point = CoursePoint {
            window: pool.window.clone(),
            window_label: pool.window_label.clone(),
            from_hours: pool.from_hours,
            to_hours: pool.to_hours,
            target_hours: pool.target_hours,
            k: pool.k,
            n: pool.n,
            estimate: pool.estimate.as_ref().map(|e| Interval {
                value: e.value,
                lower: e.lower,
                upper: e.upper,
            }),
            pool: format!("/size/by/{i}"),
        };
        match courses
            .iter_mut()
            .find(|c| c.comparison == pool.comparison && c.outcome == pool.outcome)
        {
            Some(course) => course.points.push(point),
            None => courses.push(Course {
                comparison: pool.comparison.clone(),
                comparison_label: pool.comparison_label.clone(),
                treatment_label: pool.treatment_label.clone(),
                control_label: pool.control_label.clone(),
                outcome: pool.outcome.clone(),
                outcome_label: pool.outcome_label.clone(),
                unit: pool.unit.clone(),
                ratio: pool.ratio,
                direction: pool.direction.clone(),
                points: vec![point],
                protocol: vec!["window".to_owned()],
            }),
        }
    }
    courses
}

fn evidence(pools: &[Pool]) -> EvidenceReport {
    let studies: Vec<StudyCard> = TRIALS
        .iter()
        .enumerate()
        .map(|(t, label)| card(t, label, pools))
        .collect();
    let cells = cells();
    let row = |line| vec![RowId::new("observations.csv", line)];
    EvidenceReport {
        studies,
        exclusions: vec![Exclusion {
            study: Some("t12".to_owned()),
            label: TRIALS[12].to_owned(),
            what: "whole study".to_owned(),
            reason: "The same sample as Trial E 2013.".to_owned(),
            rows: row(26),
        }],
        conversions: vec![
            ConversionUse {
                conversion: "SD from SE".to_owned(),
                description: "SD = SE times the square root of n, of raw means".to_owned(),
                declared: true,
                uses: vec![ConversionRow {
                    study: "Trial B 2006".to_owned(),
                    pool: "iv-v-active/depression/24h".to_owned(),
                    detail: "SE 2.1 with n 20 gives SD 9.4".to_owned(),
                    rows: row(4),
                }],
                protocol: vec!["model.conversions".to_owned()],
            },
            ConversionUse {
                conversion: "half an event".to_owned(),
                description: "0.5 added to the cells of a study with an empty cell".to_owned(),
                declared: true,
                uses: Vec::new(),
                protocol: vec!["model.conversions".to_owned()],
            },
        ],
        doubts: vec![DoubtNote {
            study: Some("t4".to_owned()),
            text: "The table and the abstract print different numbers of people.".to_owned(),
            rows: row(10),
        }],
        published: vec![
            PublishedCheck {
                review: "An earlier review 2021".to_owned(),
                outcome: "response".to_owned(),
                time: "24 h".to_owned(),
                measure: "OR".to_owned(),
                printed: Some(Interval {
                    value: 3.94,
                    lower: 1.54,
                    upper: 10.1,
                }),
                k: Some(7),
                n: Some(185),
                recomputed: Some(Interval {
                    value: 3.9,
                    lower: 1.5,
                    upper: 10.0,
                }),
                ours: Some(Interval {
                    value: 2.61,
                    lower: 1.3,
                    upper: 5.21,
                }),
                explanation: "The printed pool takes standard errors for standard deviations.".to_owned(),
                rows: row(6),
            },
            PublishedCheck {
                review: "Another review 2023".to_owned(),
                outcome: "remission".to_owned(),
                time: String::new(),
                measure: "RR".to_owned(),
                printed: Some(Interval {
                    value: 2.1,
                    lower: 0.9,
                    upper: 4.9,
                }),
                k: None,
                n: None,
                recomputed: None,
                ours: None,
                explanation: "The inputs at hand do not allow a recomputation.".to_owned(),
                rows: row(6),
            },
        ],
        harms_missing: Vec::new(),
        harms: vec![HarmRow {
            study: "t4".to_owned(),
            label: TRIALS[4].to_owned(),
            event: "derealisation".to_owned(),
            arm: "ketamine".to_owned(),
            events: Some(29),
            n: Some(42),
            percent: Some(69.0),
            rows: vec![RowId::new("harms.csv", 2)],
        }],
        checks: vec![note(
            "no_year",
            "warning",
            "studies.csv line 9: the year is missing.",
        )],
        not_available: vec!["Suicidal ideation".to_owned()],
        sources: vec![
            SourceCard {
                id: "s1".to_owned(),
                citation: "Table of a made-up paper".to_owned(),
                url: Some("https://example.org/paper (and /T1)".to_owned()),
                licence: Some("CC BY".to_owned()),
                rows: vec![RowId::new("sources.csv", 2)],
            },
            SourceCard {
                id: "s2".to_owned(),
                citation: "A hostile <img src=x onerror=alert(1)> source".to_owned(),
                url: Some("javascript:alert(1)".to_owned()),
                licence: None,
                rows: vec![RowId::new("sources.csv", 3)],
            },
        ],
        cells,
        protocol: Vec::new(),
    }
}

fn card(t: usize, label: &str, pools: &[Pool]) -> StudyCard {
    let id = format!("t{t}");
    let informs: Vec<String> = pools
        .iter()
        .enumerate()
        .filter(|(_, pool)| pool.studies.iter().any(|s| s.id == id))
        .map(|(i, _)| format!("/size/by/{i}"))
        .collect();
    let n = 36 + 26 * ((t * 5) % 7) as u64;
    StudyCard {
        id,
        label: label.to_owned(),
        year: None,
        design: if t % 4 == 1 { "crossover" } else { "parallel" }.to_owned(),
        country: t.is_multiple_of(2).then(|| "Country".to_owned()),
        population: Some(
            if t.is_multiple_of(3) {
                "bipolar"
            } else {
                "unipolar"
            }
            .to_owned(),
        ),
        population_text: Some("Adults with at least one failed treatment".to_owned()),
        mean_age: (t != 5).then_some(41.25 + t as f64),
        pct_female: (t != 6).then_some(48.0 + 2.0 * t as f64),
        n_randomised: (t != 3).then_some(n + 4),
        n_analysed: (!informs.is_empty()).then_some(n),
        concomitant: Some("stable medication".to_owned()),
        sponsor: None,
        blinding: Some("active".to_owned()),
        arms: ["ketamine", "control"]
            .map(|arm| ArmCard {
                id: arm.to_owned(),
                treatment: arm.to_owned(),
                label: arm.to_owned(),
                dose: Some("0.5 mg/kg".to_owned()),
                schedule: Some("single".to_owned()),
                n_randomised: Some(n / 2),
                rows: vec![RowId::new("arms.csv", 2)],
            })
            .to_vec(),
        risk_of_bias: judgements(t),
        pools: informs,
        notes: None,
        rows: vec![RowId::new("studies.csv", 2 + t as u64)],
    }
}

fn cells() -> BTreeMap<String, Cell> {
    let mut cells = BTreeMap::new();
    let mut add = |file: &str, line: u64, text: String| {
        let row = RowId::new(file, line);
        let cell = Cell {
            text,
            source_id: if line.is_multiple_of(5) { "s2" } else { "s1" }.to_owned(),
            locator: "Table 2, row <3>".to_owned(),
            notes: line.is_multiple_of(7).then(|| "read off a figure".to_owned()),
            rows: vec![row.clone()],
        };
        cells.insert(row.to_string(), cell);
    };
    for line in 2..42 {
        add(
            "observations.csv",
            line,
            format!(
                "t{}: depression (MADRS) change at 24 h, n 20, mean -8.0, SD 9.4",
                line / 2
            ),
        );
    }
    for line in 2..16 {
        add("studies.csv", line, "design, people, blinding".to_owned());
    }
    for line in 2..72 {
        add("risk_of_bias.csv", line, "RoB1 judgement".to_owned());
    }
    add("harms.csv", 2, "derealisation, 29 of 42".to_owned());
    cells
}

/// What lasts: a group with two parts and their mean, and one without a ratio.
fn lasting() -> onset_review::durability::DurabilityReport {
    use onset_review::durability::{DurabilityReport, LastingEntry, LastingGroup, LastingSide, OtherRoute};
    let ratio = |y: f64, se: f64| Interval {
        value: y.exp(),
        lower: (y - Z * se).exp(),
        upper: (y + Z * se).exp(),
    };
    let rows = |line: u64| vec![RowId::new("durability.csv", line)];
    let side = |events: Option<u64>, percent: f64, line: u64| LastingSide {
        events,
        n: None,
        percent: Some(percent),
        median_days: None,
        rows: rows(line),
    };
    let entry = |part: &str, found: Option<(f64, f64)>, line: u64| LastingEntry {
        study: "t5".to_owned(),
        label: "Trial F 2014".to_owned(),
        part: part.to_owned(),
        follow_up: "maintenance".to_owned(),
        days: None,
        treatment: side(Some(24), 26.7, line),
        control: side(Some(39), 45.3, line),
        ratio: found.map(|(y, se)| ratio(y, se)),
        log_ratio: found.map(|f| f.0),
        se: found.map(|f| f.1),
        route: found.map(|_| "printed hazard ratio and interval".to_owned()),
        others: Vec::new(),
        why_not: found
            .is_none()
            .then(|| "Percentages without numbers of people.".to_owned()),
        rows: rows(line),
        protocol: vec!["durability.group.withdrawal".to_owned()],
    };
    let mut first = entry("stable remitters", Some((-0.71, 0.27)), 2);
    first.others = vec![OtherRoute {
        route: "events and the log-rank p value".to_owned(),
        ratio: ratio(-0.77, 0.26),
    }];
    let group = |id: &str, entries: Vec<LastingEntry>, found: Option<(f64, f64)>| LastingGroup {
        id: id.to_owned(),
        label: "Ketamine continued or stopped".to_owned(),
        estimand: "withdrawal".to_owned(),
        question: "Randomised withdrawal: people who had responded were randomised to go on or to stop."
            .to_owned(),
        event: "relapse".to_owned(),
        treatment_label: "Ketamine continued".to_owned(),
        control_label: "Placebo".to_owned(),
        measure: "hazard ratio".to_owned(),
        direction: "lower is better".to_owned(),
        level: LEVEL,
        k: usize::from(found.is_some()),
        parts: entries.iter().filter(|e| e.ratio.is_some()).count(),
        events: None,
        estimate: found.map(|(y, se)| ratio(y, se)),
        log_estimate: found.map(|f| f.0),
        se: found.map(|f| f.1),
        tau2: None,
        q: found.map(|_| 1.4),
        q_df: found.map(|_| 1),
        q_p: found.map(|_| 0.24),
        model: if found.is_some() {
            "one trial, 2 parts of it joined by inverse variance".to_owned()
        } else {
            String::new()
        },
        why_not: found
            .is_none()
            .then(|| "No trial of this group prints what a ratio needs.".to_owned()),
        note: String::new(),
        entries,
        protocol: vec![format!("durability.group.{id}")],
    };
    DurabilityReport {
        groups: vec![
            group(
                "withdrawal",
                vec![first, entry("stable responders", Some((-1.2, 0.31)), 3)],
                Some((-0.92, 0.2)),
            ),
            group("other", vec![entry("", None, 4)], None),
        ],
        protocol: vec!["durability".to_owned()],
    }
}
