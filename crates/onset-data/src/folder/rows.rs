//! One function a table: a row of cells into its struct.

use super::numbers;
use super::sheet::{AGE, ANY, LEVEL, NOT_NEGATIVE, PERCENT, POSITIVE, Sheet};
use crate::evidence::{
    Arm, BlindingGuess, Contrast, Cost, Design, Durability, Harm, Observation, Period, PublishedPool,
    RiskOfBias, Source, Statistic, Study,
};

/// Judgements of risk of bias.
const JUDGEMENTS: [(&str, &str); 4] = [
    ("low", "low"),
    ("some-concerns", "some-concerns"),
    ("unclear", "unclear"),
    ("high", "high"),
];

pub(super) fn study(row: &mut Sheet) -> Study {
    let id = row.study_id();
    Study {
        row: row.id(),
        label: row.text("label").unwrap_or_else(|| id.clone()),
        id,
        year: year(row),
        doi: row.text("doi"),
        pmid: row.text("pmid"),
        registry: row.text("registry"),
        design: row.choice("design", &Design::TABLE).unwrap_or(Design::Parallel),
        country: row.text("country"),
        population: row.text("population"),
        population_text: row.text("population_text"),
        n_randomised: row.whole("n_randomised", 1),
        mean_age: row.number("mean_age", AGE),
        pct_female: row.number("pct_female", PERCENT),
        concomitant: row.text("concomitant"),
        sponsor: row.text("sponsor"),
        blinding: row.text("blinding"),
        cite: row.cite(),
        notes: row.text("notes"),
    }
}

fn year(row: &mut Sheet) -> Option<i32> {
    let year = row.whole("year", 0)?;
    if !(1900..=2100).contains(&year) {
        let finding = row.error("out_of_range", "year", "no trial was printed in that year");
        row.push(finding.allowed("1900 to 2100"));
    }
    i32::try_from(year).ok()
}

pub(super) fn arm(row: &mut Sheet) -> Arm {
    Arm {
        study_id: row.study_id(),
        row: row.id(),
        id: row.key("arm_id"),
        treatment: row.key("treatment"),
        label: row.text("arm_label"),
        dose: row.text("dose"),
        dose_unit: row.text("dose_unit"),
        route: row.text("route"),
        infusion_minutes: row.number("infusion_minutes", NOT_NEGATIVE),
        n_doses: row.text("n_doses"),
        schedule: row.text("schedule"),
        n_randomised: row.whole("n_randomised", 1),
        n_treated: row.whole("n_treated", 0),
        cite: row.cite(),
        notes: row.text("notes"),
    }
}

pub(super) fn observation(row: &mut Sheet) -> Observation {
    let study_id = row.study_id();
    let (time_hours, timing) = row.time();
    let statistic = row.choice("statistic", &Statistic::TABLE);
    let observation = Observation {
        row: row.id(),
        study_id,
        arm_id: row.key("arm_id"),
        outcome: row.key("outcome"),
        scale: row.text("scale"),
        time_hours,
        timing,
        statistic: statistic.unwrap_or(Statistic::Endpoint),
        n: row.whole("n", 1),
        mean: row.number("mean", ANY),
        sd: row.number("sd", POSITIVE),
        se: row.number("se", POSITIVE),
        ci_low: row.number("ci_low", ANY),
        ci_high: row.number("ci_high", ANY),
        median: row.number("median", ANY),
        q1: row.number("q1", ANY),
        q3: row.number("q3", ANY),
        min: row.number("min", ANY),
        max: row.number("max", ANY),
        events: row.whole("events", 0),
        percent: row.number("percent", PERCENT),
        basis: row.text("basis"),
        set: row.text("set"),
        period: row.choice_or_none("period", &Period::TABLE),
        cite: row.cite(),
        notes: row.text("notes"),
    };
    numbers::interval(
        row,
        "mean",
        observation.mean,
        observation.ci_low,
        observation.ci_high,
    );
    numbers::quantiles(row, &observation);
    numbers::events(row, observation.events, observation.n, observation.percent);
    numbers::something(row, &observation);
    observation
}

pub(super) fn contrast(row: &mut Sheet) -> Contrast {
    let study_id = row.study_id();
    let (time_hours, timing) = row.time();
    let contrast = Contrast {
        row: row.id(),
        study_id,
        arm1: row.key("arm1"),
        arm2: row.key("arm2"),
        outcome: row.key("outcome"),
        scale: row.text("scale"),
        time_hours,
        timing,
        measure: row.required("measure"),
        estimate: row.number("estimate", ANY),
        se: row.number("se", POSITIVE),
        ci_low: row.number("ci_low", ANY),
        ci_high: row.number("ci_high", ANY),
        level: row.number("level", LEVEL).unwrap_or(0.95),
        p_value: row.text("p_value"),
        n1: row.whole("n1", 1),
        n2: row.whole("n2", 1),
        adjusted: row.flag("adjusted"),
        paired: row.flag("paired"),
        set: row.text("set"),
        period: row.choice_or_none("period", &Period::TABLE),
        cite: row.cite(),
        notes: row.text("notes"),
    };
    numbers::interval(
        row,
        "estimate",
        contrast.estimate,
        contrast.ci_low,
        contrast.ci_high,
    );
    if !contrast.arm1.is_empty() && contrast.arm1 == contrast.arm2 {
        let finding = row.error("same_arm", "arm2", "an arm is compared with itself");
        row.push(finding.allowed("two different arms of the study"));
    }
    contrast
}

pub(super) fn risk_of_bias(row: &mut Sheet) -> RiskOfBias {
    RiskOfBias {
        study_id: row.study_id(),
        row: row.id(),
        tool: row.required("tool"),
        domain: row.required("domain"),
        judgement: row.choice("judgement", &JUDGEMENTS).unwrap_or("high").to_owned(),
        cite: row.cite(),
    }
}

pub(super) fn blinding(row: &mut Sheet) -> BlindingGuess {
    let guess = BlindingGuess {
        study_id: row.study_id(),
        row: row.id(),
        arm_id: row.key_or_none("arm_id"),
        rater: row.text("rater"),
        guessed_active: row.whole("guessed_active", 0),
        guessed_control: row.whole("guessed_control", 0),
        dont_know: row.whole("dont_know", 0),
        n: row.whole("n", 1),
        percent_correct: row.number("percent_correct", PERCENT),
        percent_incorrect: row.number("percent_incorrect", PERCENT),
        cite: row.cite(),
        notes: row.text("notes"),
    };
    numbers::guesses(row, &guess);
    guess
}

pub(super) fn durability(row: &mut Sheet) -> Durability {
    let fact = Durability {
        study_id: row.study_id(),
        row: row.id(),
        arm_id: row.key_or_none("arm_id"),
        arm_text: row.text("arm_text"),
        measure: row.required("measure"),
        design: row.text("design"),
        follow_up: row.text("follow_up"),
        time_days: row.number("time_days", NOT_NEGATIVE),
        estimate: row.number("estimate", ANY),
        ci_low: row.number("ci_low", ANY),
        ci_high: row.number("ci_high", ANY),
        events: row.whole("events", 0),
        n: row.whole("n", 1),
        percent: row.number("percent", PERCENT),
        cite: row.cite(),
        notes: row.text("notes"),
    };
    numbers::interval(row, "estimate", fact.estimate, fact.ci_low, fact.ci_high);
    numbers::events(row, fact.events, fact.n, fact.percent);
    fact
}

pub(super) fn harm(row: &mut Sheet) -> Harm {
    let study_id = row.study_id();
    let (time_hours, timing) = row.time();
    let harm = Harm {
        row: row.id(),
        study_id,
        arm_id: row.key("arm_id"),
        event: row.required("event"),
        time_hours,
        timing,
        events: row.whole("events", 0),
        n: row.whole("n", 1),
        percent: row.number("percent", PERCENT),
        basis: row.text("basis"),
        cite: row.cite(),
        notes: row.text("notes"),
    };
    numbers::events(row, harm.events, harm.n, harm.percent);
    harm
}

pub(super) fn cost(row: &mut Sheet) -> Cost {
    Cost {
        row: row.id(),
        comparison: row.required("comparison"),
        perspective: row.text("perspective"),
        horizon: row.text("horizon"),
        item: row.required("item"),
        value: row.number("value", ANY),
        value_text: row.text("value_text"),
        unit: row.text("unit"),
        cite: row.cite(),
        notes: row.text("notes"),
    }
}

pub(super) fn source(row: &mut Sheet) -> Source {
    Source {
        row: row.id(),
        id: row.key("source_id"),
        citation: row.required("citation"),
        url: row.text("url"),
        licence: row.text("licence"),
        taken: row.text("taken"),
    }
}

pub(super) fn published(row: &mut Sheet) -> PublishedPool {
    let pool = PublishedPool {
        row: row.id(),
        review: row.required("review"),
        outcome: row.key_or_none("outcome"),
        outcome_text: row.text("outcome_text"),
        time_hours: row.number("time_hours", NOT_NEGATIVE),
        time_text: row.text("time_text"),
        measure: row.required("measure"),
        k: row.whole("k", 1),
        n: row.whole("n", 1),
        estimate: row.number("estimate", ANY),
        ci_low: row.number("ci_low", ANY),
        ci_high: row.number("ci_high", ANY),
        i2: row.number("i2", PERCENT),
        tau2: row.number("tau2", NOT_NEGATIVE),
        model: row.text("model"),
        trials: row.text("trials"),
        recompute: row.key_or_none("recompute"),
        cite: row.cite(),
        notes: row.text("notes"),
    };
    numbers::interval(row, "estimate", pool.estimate, pool.ci_low, pool.ci_high);
    pool
}
