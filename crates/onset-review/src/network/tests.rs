//! A fixture in which each rule of confidence fires.

use super::Pair;
use super::confidence::{Facts, computed, confidence};
use crate::answers::Interval;
use crate::protocol::{Network, NetworkConcern, NetworkDomain, NetworkJudgement};

const NONE: NetworkConcern = NetworkConcern::NoConcerns;
const SOME: NetworkConcern = NetworkConcern::SomeConcerns;
const MAJOR: NetworkConcern = NetworkConcern::MajorConcerns;

fn interval(lower: f64, upper: f64) -> Interval {
    Interval {
        value: (lower + upper) / 2.0,
        lower,
        upper,
    }
}

/// Nothing to object to, on a scale where 3 points matter.
fn clean() -> Facts {
    Facts {
        estimate: interval(-9.0, -4.0),
        prediction: Some(interval(-10.0, -3.5)),
        tau2: Some(0.5),
        important: Some(3.0),
        direct: Some(interval(-9.5, -3.5)),
        indirect: Some(interval(-9.0, -4.0)),
        p: Some(0.6),
        global: Some(0.7),
        risk: Some([1.0, 0.0, 0.0, 0.0]),
        distance: Some([1.0, 0.0, 0.0]),
    }
}

fn rule(domain: NetworkDomain, change: impl Fn(&mut Facts)) -> (NetworkConcern, &'static str, String) {
    let mut facts = clean();
    change(&mut facts);
    let found = computed(domain, &facts);
    (found.rating, found.basis, found.rule.to_owned())
}

#[test]
fn within_study_bias_is_the_mean_of_what_trials_contribute() {
    let of = |risk| rule(NetworkDomain::WithinStudyBias, |facts| facts.risk = risk).0;
    assert_eq!(of(Some([0.6, 0.4, 0.0, 0.0])), NONE);
    assert_eq!(of(Some([0.5, 0.5, 0.0, 0.0])), SOME, "a mean of 1.5");
    assert_eq!(of(Some([0.0, 0.0, 0.0, 1.0])), SOME, "not judged is unclear");
    assert_eq!(of(Some([0.0, 0.5, 0.5, 0.0])), MAJOR, "a mean of 2.5");
    assert_eq!(of(Some([0.7, 0.0, 0.3, 0.0])), SOME, "a mean of 1.6");
    let undefined = rule(NetworkDomain::WithinStudyBias, |facts| facts.risk = None);
    assert_eq!((undefined.0, undefined.1), (SOME, "not assessable"));
}

#[test]
fn indirectness_is_declared_by_trial() {
    let of = |distance| rule(NetworkDomain::Indirectness, |facts| facts.distance = distance);
    assert_eq!(of(Some([0.8, 0.2, 0.0])).0, NONE);
    assert_eq!(of(Some([0.7, 0.0, 0.3])).0, SOME);
    assert_eq!(of(Some([0.0, 0.4, 0.6])).0, MAJOR);
    let open = of(None);
    assert_eq!((open.0, open.1), (SOME, "not judged"));
}

#[test]
fn reporting_bias_is_never_computed() {
    let open = rule(NetworkDomain::ReportingBias, |_| {});
    assert_eq!((open.0, open.1), (SOME, "not judged"));
}

#[test]
fn imprecision_counts_the_areas_that_the_interval_reaches() {
    let of = |lower, upper, important| {
        rule(NetworkDomain::Imprecision, |facts| {
            facts.estimate = interval(lower, upper);
            facts.important = important;
        })
        .0
    };
    assert_eq!(of(-9.0, -4.0, Some(3.0)), NONE);
    assert_eq!(of(-2.0, 2.0, Some(3.0)), NONE, "nothing important either way");
    assert_eq!(of(-9.0, -1.0, Some(3.0)), SOME);
    assert_eq!(of(-9.0, 2.0, Some(3.0)), SOME);
    assert_eq!(of(-9.0, 4.0, Some(3.0)), MAJOR);
    assert_eq!(of(-9.0, -1.0, None), NONE);
    assert_eq!(of(-9.0, 1.0, None), SOME);
}

#[test]
fn heterogeneity_is_what_the_prediction_interval_adds() {
    let of = |lower, upper| {
        rule(NetworkDomain::Heterogeneity, |facts| {
            facts.prediction = Some(interval(lower, upper))
        })
        .0
    };
    assert_eq!(of(-10.0, -3.5), NONE);
    assert_eq!(of(-11.0, 0.0), SOME);
    assert_eq!(of(-15.0, 4.0), MAJOR);
    let agree = rule(NetworkDomain::Heterogeneity, |facts| {
        facts.tau2 = Some(0.0);
        facts.prediction = None;
    });
    assert_eq!((agree.0, agree.1), (NONE, "computed"));
    let without = rule(NetworkDomain::Heterogeneity, |facts| facts.tau2 = None);
    assert_eq!((without.0, without.1), (SOME, "not assessable"));
    let few = rule(NetworkDomain::Heterogeneity, |facts| facts.prediction = None);
    assert_eq!((few.0, few.1), (SOME, "not assessable"));
}

#[test]
fn incoherence_compares_direct_with_indirect() {
    let of = |p, direct: (f64, f64), indirect: (f64, f64)| {
        rule(NetworkDomain::Incoherence, |facts| {
            facts.p = Some(p);
            facts.direct = Some(interval(direct.0, direct.1));
            facts.indirect = Some(interval(indirect.0, indirect.1));
        })
        .0
    };
    assert_eq!(of(0.10, (-9.0, -4.0), (4.0, 9.0)), NONE, "p decides first");
    assert_eq!(of(0.04, (-9.0, -4.0), (-15.0, -10.0)), NONE, "the same area");
    assert_eq!(of(0.04, (-9.0, -4.0), (-4.0, 2.0)), SOME);
    assert_eq!(of(0.04, (-9.0, -4.0), (-2.0, 2.0)), MAJOR);
}

#[test]
fn one_kind_of_evidence_is_tested_with_the_network() {
    let of = |direct: bool, global| {
        rule(NetworkDomain::Incoherence, |facts| {
            facts.p = None;
            facts.global = global;
            if direct {
                facts.indirect = None;
            } else {
                facts.direct = None;
            }
        })
    };
    assert_eq!(of(false, Some(0.2)).0, NONE);
    assert_eq!(of(false, Some(0.07)).0, SOME);
    assert_eq!(of(true, Some(0.01)).0, MAJOR);
    assert_eq!((of(false, None).0, of(false, None).1), (MAJOR, "not assessable"));
    assert_eq!((of(true, None).0, of(true, None).1), (NONE, "not assessable"));
}

fn network(judgement: Vec<NetworkJudgement>) -> Network {
    Network {
        id: "n".to_owned(),
        label: "N".to_owned(),
        outcome: "o".to_owned(),
        windows: Vec::new(),
        node: Vec::new(),
        reference: "a".to_owned(),
        measure: None,
        tau2: crate::protocol::NetworkTau2::REML,
        interval: crate::protocol::NetworkInterval::Wald,
        prediction_from: None,
        component: Vec::new(),
        populations: Vec::new(),
        rank_draws: 1,
        important_difference: None,
        across_windows: None,
        reason: "R".to_owned(),
        indirectness: Vec::new(),
        judgement,
    }
}

fn pair() -> Pair {
    Pair {
        a: "a".to_owned(),
        b: "b".to_owned(),
        a_label: "A".to_owned(),
        b_label: "B".to_owned(),
        evidence: "mixed".to_owned(),
        trials: 1,
        windows: Vec::new(),
        refused: None,
        estimate: None,
        analysis: None,
        se: None,
        prediction: None,
        common: None,
        direct: None,
        indirect: None,
        difference: None,
        p: None,
        proportion_direct: None,
        contributions: Vec::new(),
        shares: Vec::new(),
        confidence: None,
    }
}

#[test]
fn what_looks_at_one_interval_counts_once() {
    let rated = confidence(&network(Vec::new()), &pair(), &clean());
    assert_eq!(
        (rated.level, rated.confidence.as_str()),
        (3, "moderate"),
        "reporting bias was not judged"
    );
    let mut facts = clean();
    facts.estimate = interval(-9.0, 2.0);
    facts.prediction = Some(interval(-12.0, 4.0));
    let rated = confidence(&network(Vec::new()), &pair(), &facts);
    assert_eq!(
        rated.level, 2,
        "some concerns in two domains that look at one interval take off one level"
    );
}

#[test]
fn a_judgement_overrides_with_its_reason() {
    let judged = NetworkJudgement {
        id: "one".to_owned(),
        domain: NetworkDomain::Imprecision,
        rating: MAJOR,
        reason: "Because.".to_owned(),
        pairs: vec![["b".to_owned(), "a".to_owned()]],
    };
    let of = |judgement: NetworkJudgement| {
        let rated = confidence(&network(vec![judgement]), &pair(), &clean());
        rated
            .domains
            .into_iter()
            .find(|d| d.domain == NetworkDomain::Imprecision)
            .unwrap()
    };
    let overridden = of(judged.clone());
    assert_eq!(
        (overridden.rating, overridden.basis.as_str()),
        (MAJOR, "overridden")
    );
    assert!(overridden.text.starts_with("Because. Computed: no concerns."));
    assert_eq!(overridden.protocol, ["network.n.judgement.one"]);
    let elsewhere = NetworkJudgement {
        pairs: vec![["a".to_owned(), "c".to_owned()]],
        ..judged
    };
    assert_eq!(of(elsewhere).basis, "computed");
}
