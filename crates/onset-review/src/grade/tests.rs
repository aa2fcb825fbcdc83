//! Each rule fires on a fixture made for it.

use super::domains::{Computed, computed};
use super::facts::{Facts, Size, TrialRisk, trial_risk};
use super::wording;
use super::{Thresholds, judged};
use crate::answers::{Interval, Judgement, Pool};
use crate::protocol::{Certainty, CertaintyCut, Concern, DeclaredJudgement, Domain};

fn interval(value: f64, lower: f64, upper: f64) -> Interval {
    Interval { value, lower, upper }
}

/// A clean pool: twelve trials at low risk that agree, many people, a benefit beyond the small line.
fn clean() -> Facts {
    Facts {
        benefit: interval(6.0, 4.0, 8.0),
        prediction: None,
        tau2: Some(0.0),
        i2: Some(0.0),
        k: 12,
        people: 1000,
        control_risk: None,
        risk_step: None,
        sd_over_small: Some(10.0 / 3.0),
        lines: Some(Thresholds {
            small: Some(3.0),
            moderate: Some(5.0),
            large: Some(8.0),
            small_harm: Some(3.0),
        }),
        shares: [1.0, 0.0, 0.0, 0.0],
        tools: "RoB2".to_owned(),
        small_study: Some(0.5),
        protocol: Vec::new(),
    }
}

fn rule(domain: Domain, change: impl FnOnce(&mut Facts)) -> Computed {
    let mut facts = clean();
    change(&mut facts);
    computed(domain, &facts, &CertaintyCut::default())
}

#[test]
fn a_clean_pool_loses_nothing() {
    for domain in Domain::ALL {
        assert_eq!(rule(domain, |_| {}).rating, Concern::NotSerious, "{domain:?}");
    }
}

#[test]
fn risk_of_bias_goes_by_the_weight() {
    let rated = |shares| rule(Domain::RiskOfBias, |facts| facts.shares = shares).rating;
    assert_eq!(rated([0.8, 0.0, 0.2, 0.0]), Concern::NotSerious, "at the cut-off");
    assert_eq!(rated([0.75, 0.0, 0.25, 0.0]), Concern::Serious);
    assert_eq!(rated([0.4, 0.0, 0.6, 0.0]), Concern::VerySerious);
    assert_eq!(rated([0.45, 0.55, 0.0, 0.0]), Concern::Serious, "unclear");
    assert_eq!(
        rated([0.45, 0.0, 0.0, 0.55]),
        Concern::Serious,
        "not judged is not low"
    );
}

#[test]
fn a_trial_is_judged_by_its_tool() {
    let judgement = |domain: &str, judgement: &str| Judgement {
        tool: "RoB1".to_owned(),
        domain: domain.to_owned(),
        judgement: judgement.to_owned(),
        rows: Vec::new(),
    };
    assert_eq!(trial_risk(&[]), TrialRisk::NotJudged);
    assert_eq!(trial_risk(&[judgement("other", "high")]), TrialRisk::NotJudged);
    let mixed = [
        judgement("allocation-concealment", "low"),
        judgement("other", "high"),
    ];
    assert_eq!(trial_risk(&mixed), TrialRisk::Low);
    let unclear = [
        judgement("allocation-concealment", "unclear"),
        judgement("x", "low"),
    ];
    assert_eq!(trial_risk(&unclear), TrialRisk::Unclear);
    let overall = [
        judgement("deviations", "high"),
        judgement("overall", "some-concerns"),
    ];
    assert_eq!(
        trial_risk(&overall),
        TrialRisk::Unclear,
        "the overall judgement decides"
    );
}

#[test]
fn inconsistency_by_prediction_interval() {
    let rated = |lower: f64| {
        rule(Domain::Inconsistency, |facts| {
            facts.tau2 = Some(4.0);
            facts.prediction = Some(interval(6.0, lower, 12.0 - lower));
        })
        .rating
    };
    assert_eq!(rated(3.5), Concern::NotSerious);
    assert_eq!(rated(1.0), Concern::Serious, "crosses the small benefit");
    assert_eq!(rated(-1.0), Concern::VerySerious, "crosses no difference too");
}

#[test]
fn inconsistency_without_prediction_interval() {
    let rated = |k: usize, tau2: f64, i2: f64| {
        rule(Domain::Inconsistency, |facts| {
            facts.k = k;
            facts.tau2 = Some(tau2);
            facts.i2 = Some(i2);
            facts.benefit = interval(4.0, 3.5, 4.5);
        })
    };
    assert_eq!(rated(1, 0.0, 0.0).basis, "not assessable");
    // share beyond 3: Phi(1/2) = 0.69 is between 0.2 and 0.8, Phi(2) = 0.98 is not
    assert_eq!(rated(4, 4.0, 60.0).rating, Concern::Serious);
    assert_eq!(
        rated(4, 4.0, 40.0).rating,
        Concern::NotSerious,
        "I2 below the cut-off"
    );
    assert_eq!(
        rated(4, 0.25, 60.0).rating,
        Concern::NotSerious,
        "one side of the line"
    );
}

#[test]
fn imprecision_by_lines_then_by_size() {
    let lines = |lower: f64, upper: f64| {
        rule(Domain::Imprecision, |facts| {
            facts.benefit = interval(f64::midpoint(lower, upper), lower, upper);
        })
        .rating
    };
    assert_eq!(lines(1.0, 5.0), Concern::Serious, "the small benefit");
    assert_eq!(lines(-1.0, 5.0), Concern::VerySerious, "and no difference");
    assert_eq!(lines(-2.0, 2.0), Concern::Serious, "no difference alone");
    assert_eq!(lines(-5.0, 5.0), Concern::VerySerious, "all three");
    // 4 (1.959964 + 0.841621)^2 (10/3)^2 = 348.8 people
    let size = |people: u64| rule(Domain::Imprecision, |facts| facts.people = people);
    let computed = size(132);
    let found = computed
        .numbers
        .iter()
        .find(|n| n.name == "optimal information size");
    assert!(
        (found.map_or(0.0, |n| n.value) - 348.84).abs() < 0.01,
        "{computed:?}"
    );
    assert_eq!(computed.rating, Concern::Serious);
    assert_eq!(size(104).rating, Concern::VerySerious, "below 0.3 of it");
    assert_eq!(size(349).rating, Concern::NotSerious);
}

#[test]
fn without_a_small_effect_a_rule_of_thumb_counts_people() {
    let rated = |people: u64| {
        rule(Domain::Imprecision, |facts| {
            facts.lines = None;
            facts.sd_over_small = None;
            facts.people = people;
        })
    };
    assert_eq!(rated(399).rating, Concern::Serious);
    assert_eq!(rated(400).rating, Concern::NotSerious);
}

#[test]
fn information_size_of_a_binary_outcome() {
    let computed = rule(Domain::Imprecision, |facts| {
        facts.sd_over_small = None;
        facts.control_risk = Some(0.2);
        facts.risk_step = Some(0.1);
    });
    // 4 x 7.848880 x 0.25 x 0.75 / 0.01 = 588.67
    let found = computed
        .numbers
        .iter()
        .find(|n| n.name == "optimal information size");
    assert!(
        (found.map_or(0.0, |n| n.value) - 588.67).abs() < 0.01,
        "{computed:?}"
    );
}

#[test]
fn publication_bias_needs_ten_trials() {
    let few = rule(Domain::PublicationBias, |facts| facts.small_study = None);
    assert_eq!((few.rating, few.basis), (Concern::NotSerious, "not assessable"));
    let suspected = rule(Domain::PublicationBias, |facts| facts.small_study = Some(0.05));
    assert_eq!(suspected.rating, Concern::Serious);
}

fn answers_of_the_scaffold() -> crate::Answers {
    let dir = std::path::Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/scaffold"));
    let loaded = crate::folder::load(dir).unwrap();
    let (protocol, evidence) = loaded.value;
    crate::run(&protocol, &evidence, &[]).unwrap().value
}

#[test]
fn a_declared_judgement_counts_where_it_matches() {
    let certainty = Certainty {
        threshold: Vec::new(),
        judgement: vec![DeclaredJudgement {
            id: "one".to_owned(),
            domain: Domain::RiskOfBias,
            rating: Concern::VerySerious,
            reason: "Because.".to_owned(),
            comparisons: vec!["a".to_owned()],
            outcomes: Vec::new(),
            windows: Vec::new(),
        }],
        cut: CertaintyCut::default(),
    };
    let mut pool = answers_of_the_scaffold().size.by.remove(0);
    let rated = |pool: &Pool| {
        judged(
            &certainty,
            pool,
            Domain::RiskOfBias,
            rule(Domain::RiskOfBias, |_| {}),
        )
    };
    pool.comparison = "a".to_owned();
    let overridden = rated(&pool);
    assert_eq!((overridden.levels, overridden.basis.as_str()), (2, "overridden"));
    assert!(overridden.text.starts_with("Because. Computed: not serious."));
    assert_eq!(overridden.protocol, ["certainty.judgement.one"]);
    pool.comparison = "b".to_owned();
    assert_eq!(rated(&pool).levels, 0);
}

#[test]
fn sizes_and_words() {
    let size = |value: f64| {
        let mut facts = clean();
        facts.benefit.value = value;
        facts.size()
    };
    assert_eq!(size(2.9), Some(Size::Trivial));
    assert_eq!(size(3.0), Some(Size::Small));
    assert_eq!(size(5.0), Some(Size::Moderate));
    assert_eq!(size(8.0), Some(Size::Large));
    assert_eq!(size(-4.0), Some(Size::Small), "harm");
    let pool = answers_of_the_scaffold().size.by.remove(0);
    let said = |level, size| wording::sentence(&pool, level, size, 6.0);
    for (level, size, words) in [
        (4, Size::Large, " results in a large "),
        (3, Size::Large, " likely results in a large "),
        (2, Size::Large, " may result in a large "),
        (4, Size::Trivial, " results in little to no difference in "),
        (3, Size::Moderate, " probably "),
        (2, Size::Small, " may slightly "),
        (
            1,
            Size::Large,
            "The evidence is very uncertain about the effect of ",
        ),
    ] {
        let sentence = said(level, Some(size));
        assert!(sentence.contains(words), "{level} {size:?}: {sentence}");
    }
    assert_eq!(
        [4, 3, 2, 1].map(wording::level),
        ["high", "moderate", "low", "very low"]
    );
}
