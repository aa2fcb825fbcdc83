//! Tables of answers, pools and the studies in them.

use super::{Cell, Table, three};
use crate::{figures, words};
use onset_review::Answers;
use onset_review::answers::{Pool, Side};

/// The six answers, all pools, what each rests on, and one table of studies a pool.
pub(super) fn tables(answers: &Answers) -> Vec<Table> {
    let names = figures::pool_names(answers);
    let mut list = vec![
        six(answers),
        pools(answers),
        course(answers),
        visits(answers),
        onsets(answers),
        absolute(answers),
        subgroups(answers),
        leave_one_out(answers),
        sensitivity(answers),
        diagnosis(answers),
        left_out(answers),
    ];
    let filled = answers
        .size
        .by
        .iter()
        .zip(&names)
        .filter(|(p, _)| !p.studies.is_empty());
    list.extend(filled.map(|(pool, name)| studies(pool, name)));
    list
}

fn six(answers: &Answers) -> Table {
    let header = [
        "question", "sentence", "estimate", "ci_lower", "ci_upper", "level", "scale", "unit", "model", "k",
        "n", "pool", "why_not",
    ];
    let mut table = Table::new("answers", &header);
    for (_, answer) in words::six(answers) {
        let found = answer.estimate.as_ref();
        let mut row = vec![Cell::from(&answer.question), (&answer.sentence).into()];
        row.extend(three(found.map(words::interval).as_ref()));
        row.push(found.map(|e| e.level).into());
        row.extend([
            found.map(|e| &e.scale).into(),
            found.map(|e| &e.unit).into(),
            found.map(|e| &e.model).into(),
        ]);
        row.extend([answer.k.into(), answer.n.into()]);
        row.extend([answer.pool.as_ref().into(), answer.why_not.as_ref().into()]);
        table.rows.push(row);
    }
    table
}

fn pools(answers: &Answers) -> Table {
    let header = [
        "pool",
        "comparison",
        "outcome",
        "window",
        "from_hours",
        "to_hours",
        "evidence",
        "measure",
        "unit",
        "primary",
        "k",
        "n_treatment",
        "n_control",
        "n",
        "n_randomised",
        "estimate",
        "ci_lower",
        "ci_upper",
        "level",
        "model",
        "analysis_estimate",
        "analysis_ci_lower",
        "analysis_ci_upper",
        "se",
        "p",
        "wald_ci_lower",
        "wald_ci_upper",
        "modified_ci_lower",
        "modified_ci_upper",
        "prediction_lower",
        "prediction_upper",
        "prediction_why_not",
        "tau2",
        "tau2_ci_lower",
        "tau2_ci_upper",
        "i2",
        "q",
        "q_df",
        "q_p",
        "important_difference_analysis",
        "share_beyond_important",
        "share_lower",
        "share_upper",
        "why_not",
    ];
    let mut table = Table::new("pools", &header);
    table.rows = answers.size.by.iter().map(pool_row).collect();
    table
}

fn pool_row(pool: &Pool) -> Vec<Cell> {
    let found = pool.estimate.as_ref();
    let ends = |interval: Option<onset_review::answers::Interval>| -> [Cell; 2] {
        [interval.map(|i| i.lower).into(), interval.map(|i| i.upper).into()]
    };
    let mut row: Vec<Cell> = vec![
        (&pool.id).into(),
        (&pool.comparison_label).into(),
        (&pool.outcome_label).into(),
        (&pool.window_label).into(),
        pool.from_hours.into(),
        pool.to_hours.into(),
        (&pool.evidence).into(),
        (&pool.measure).into(),
        (&pool.unit).into(),
        pool.primary.into(),
        pool.k.into(),
        pool.n_treatment.into(),
        pool.n_control.into(),
        pool.n.into(),
        pool.n_randomised.into(),
    ];
    row.extend(three(found.map(words::interval).as_ref()));
    row.push(found.map(|e| e.level).into());
    row.push(found.map(|e| &e.model).into());
    row.extend(three(pool.analysis.as_ref()));
    row.extend([pool.se.into(), pool.p.into()]);
    row.extend(ends(pool.wald));
    row.extend(ends(pool.modified));
    row.extend(ends(pool.prediction));
    row.push(pool.prediction_why_not.as_ref().into());
    row.push(pool.tau2.into());
    row.extend(ends(pool.tau2_ci));
    row.extend([pool.i2.into(), pool.q.into(), pool.q_df.into(), pool.q_p.into()]);
    row.push(pool.important_difference.into());
    let share = pool.beyond_important.as_ref();
    row.push(share.map(|s| s.share).into());
    row.push(share.and_then(|s| s.lower).into());
    row.push(share.and_then(|s| s.upper).into());
    row.push(pool.why_not.as_ref().into());
    row
}

fn course(answers: &Answers) -> Table {
    let header = [
        "comparison",
        "outcome",
        "window",
        "from_hours",
        "to_hours",
        "target_hours",
        "k",
        "n",
        "estimate",
        "ci_lower",
        "ci_upper",
        "unit",
        "ratio",
        "pool",
    ];
    let mut table = Table::new("course", &header);
    for course in &answers.speed.course {
        for point in &course.points {
            let mut row: Vec<Cell> = vec![
                (&course.comparison_label).into(),
                (&course.outcome_label).into(),
                (&point.window_label).into(),
                point.from_hours.into(),
                point.to_hours.into(),
                point.target_hours.into(),
                point.k.into(),
                point.n.into(),
            ];
            row.extend(three(point.estimate.as_ref()));
            row.extend([(&course.unit).into(), course.ratio.into(), (&point.pool).into()]);
            table.rows.push(row);
        }
    }
    table
}

/// Every visit behind a time course.
fn onsets(answers: &Answers) -> Table {
    let header = [
        "comparison",
        "outcome",
        "definition",
        "hours",
        "lower_hours",
        "upper_hours",
        "interval",
        "p_never",
        "beyond_data",
        "trials",
        "people",
        "form",
    ];
    let mut table = Table::new("onsets", &header);
    let courses = answers.timecourse.iter().flat_map(|t| &t.courses);
    for course in courses {
        for onset in &course.onset {
            table.rows.push(vec![
                (&course.comparison_label).into(),
                (&course.outcome_label).into(),
                (&onset.definition).into(),
                onset.hours.into(),
                onset.lower_hours.into(),
                onset.upper_hours.into(),
                (&onset.interval).into(),
                onset.p_never.into(),
                onset.beyond_data.into(),
                onset.trials.into(),
                onset.people.into(),
                course.form.as_deref().into(),
            ]);
        }
    }
    table
}

fn visits(answers: &Answers) -> Table {
    let header = [
        "comparison",
        "outcome",
        "study",
        "hours",
        "people",
        "difference",
        "ci_lower",
        "ci_upper",
        "unit",
        "curve",
    ];
    let mut table = Table::new("visits", &header);
    let courses = answers.timecourse.iter().flat_map(|t| &t.courses);
    for course in courses {
        for trial in &course.studies {
            for visit in &trial.visits {
                let mut row: Vec<Cell> = vec![
                    (&course.comparison_label).into(),
                    (&course.outcome_label).into(),
                    (&trial.label).into(),
                    visit.hours.into(),
                    visit.people.into(),
                ];
                row.extend(three(Some(&visit.effect)));
                row.extend([(&course.unit).into(), visit.fitted.into()]);
                table.rows.push(row);
            }
        }
    }
    table
}

fn absolute(answers: &Answers) -> Table {
    let header = [
        "pool",
        "control_risk",
        "control_risk_lower",
        "control_risk_upper",
        "treatment_risk",
        "treatment_risk_lower",
        "treatment_risk_upper",
        "risk_difference",
        "risk_difference_lower",
        "risk_difference_upper",
        "nnt",
        "nnt_text",
        "control_risk_source",
        "capped",
        "draws",
        "seed",
    ];
    let mut table = Table::new("absolute", &header);
    for (pool, absolute) in answers
        .size
        .by
        .iter()
        .filter_map(|p| Some((p, p.absolute.as_ref()?)))
    {
        let mut row: Vec<Cell> = vec![(&pool.id).into()];
        row.extend(three(Some(&absolute.control_risk)));
        row.extend(three(Some(&absolute.treatment_risk)));
        row.extend(three(Some(&absolute.risk_difference)));
        row.push(absolute.nnt.into());
        row.extend([
            (&absolute.nnt_text).into(),
            (&absolute.control_risk_source).into(),
        ]);
        row.push(absolute.capped.into());
        row.extend([u64::from(absolute.draws).into(), absolute.seed.into()]);
        table.rows.push(row);
    }
    table
}

fn subgroups(answers: &Answers) -> Table {
    let header = [
        "pool",
        "by",
        "group",
        "k",
        "n",
        "estimate",
        "ci_lower",
        "ci_upper",
        "members",
        "q_between",
        "df",
        "p",
        "tau2",
        "why_not",
    ];
    let mut table = Table::new("subgroups", &header);
    for pool in &answers.size.by {
        for split in &pool.subgroups {
            for group in &split.groups {
                let mut row: Vec<Cell> = vec![(&pool.id).into(), (&split.by).into(), (&group.group).into()];
                row.extend([group.k.into(), group.n.into()]);
                row.extend(three(group.estimate.as_ref()));
                row.push(group.members.join(" ").into());
                row.extend([split.q.into(), split.df.into(), split.p.into(), split.tau2.into()]);
                row.push(split.why_not.as_ref().into());
                table.rows.push(row);
            }
        }
    }
    table
}

fn leave_one_out(answers: &Answers) -> Table {
    let header = ["pool", "without", "estimate", "ci_lower", "ci_upper", "tau2"];
    let mut table = Table::new("leave_one_out", &header);
    for pool in &answers.size.by {
        for left in &pool.leave_one_out {
            let mut row: Vec<Cell> = vec![(&pool.id).into(), (&left.without).into()];
            row.extend(three(Some(&left.estimate)));
            row.push(left.tau2.into());
            table.rows.push(row);
        }
    }
    table
}

fn sensitivity(answers: &Answers) -> Table {
    let header = [
        "pool", "choice", "k", "estimate", "ci_lower", "ci_upper", "tau2", "protocol",
    ];
    let mut table = Table::new("sensitivity", &header);
    for pool in &answers.size.by {
        for other in &pool.sensitivity {
            let mut row: Vec<Cell> = vec![(&pool.id).into(), (&other.label).into(), other.k.into()];
            row.extend(three(Some(&other.estimate)));
            row.extend([other.tau2.into(), other.protocol.join(" ").into()]);
            table.rows.push(row);
        }
    }
    table
}

/// Rows of the figures that take pools apart, one beneath the other.
fn diagnosis(answers: &Answers) -> Table {
    let mut table = Table::new(
        "diagnosis",
        &["pool", "figure", "study", "x", "y", "lower", "upper"],
    );
    for pool in &answers.size.by {
        let Some(found) = &pool.diagnosis else { continue };
        let mut push = |figure: &str, study: &str, numbers: [Option<f64>; 4]| {
            let mut row: Vec<Cell> = vec![(&pool.id).into(), figure.into(), study.into()];
            row.extend(numbers.map(Cell::from));
            table.rows.push(row);
        };
        for one in &found.cumulative {
            let i = &one.estimate;
            push(
                "cumulative",
                &one.study,
                [None, Some(i.value), Some(i.lower), Some(i.upper)],
            );
        }
        for m in &found.influence {
            let measures = [
                ("influence: residual", m.residual),
                ("influence: DFFITS", m.dffits),
                ("influence: Cook's distance", m.cook_distance),
                ("influence: covariance ratio", m.covariance_ratio),
                ("influence: tau2 without", m.tau2_without),
                ("influence: hat value", m.hat),
            ];
            for (figure, value) in measures {
                push(figure, &m.study, [Some(value), None, None, None]);
            }
        }
        for (figure, points) in [("baujat", &found.baujat), ("radial", &found.radial)] {
            for p in points {
                push(figure, &p.study, [Some(p.x), Some(p.y), None, None]);
            }
        }
        for q in &found.quantiles {
            let numbers = [q.theoretical, q.residual, q.lower, q.upper].map(Some);
            push("quantiles", &q.study, numbers);
        }
        for p in &found.profile {
            push("profile", "", [Some(p.tau2), Some(p.loglik), None, None]);
        }
    }
    table
}

fn left_out(answers: &Answers) -> Table {
    let mut table = Table::new("left_out", &["pool", "study", "label", "reason", "rows"]);
    for pool in &answers.size.by {
        for left in &pool.left_out {
            table.rows.push(vec![
                (&pool.id).into(),
                (&left.study).into(),
                (&left.label).into(),
                (&left.reason).into(),
                left.rows.as_slice().into(),
            ]);
        }
    }
    table
}

/// The studies of one pool.
fn studies(pool: &Pool, name: &str) -> Table {
    let header = [
        "study",
        "label",
        "year",
        "effect_analysis",
        "se_analysis",
        "effect",
        "ci_lower",
        "ci_upper",
        "weight_percent",
        "treatment",
        "treatment_n",
        "treatment_mean",
        "treatment_sd",
        "treatment_events",
        "treatment_n_randomised",
        "control",
        "control_n",
        "control_mean",
        "control_sd",
        "control_events",
        "control_n_randomised",
        "time_hours",
        "scale",
        "statistic",
        "design",
        "basis",
        "conversions",
        "rows",
    ];
    let mut table = Table::new(&format!("studies-{name}"), &header);
    for study in &pool.studies {
        let mut row: Vec<Cell> = vec![
            (&study.id).into(),
            (&study.label).into(),
            study.year.map(|year| year.to_string()).into(),
            study.effect.into(),
            study.se.into(),
        ];
        row.extend(three(Some(&study.shown)));
        row.push(study.weight.into());
        row.extend(side(&study.treatment));
        row.extend(side(&study.control));
        row.extend([
            study.time_hours.into(),
            study.scale.as_ref().into(),
            (&study.statistic).into(),
            (&study.design).into(),
            (&study.basis).into(),
            study.conversions.join("; ").into(),
            study.rows.as_slice().into(),
        ]);
        table.rows.push(row);
    }
    table
}

fn side(side: &Side) -> [Cell; 6] {
    [
        (&side.label).into(),
        side.n.into(),
        side.mean.into(),
        side.sd.into(),
        side.events.into(),
        side.n_randomised.into(),
    ]
}
