//! A forest plot for each pool that has a result.

use super::{Figure, effect, interval};
use crate::words;
use onset_plot::caterpillar::{Caterpillar, CaterpillarPoint};
use onset_plot::forest::{Arm, Block, Columns, Forest, Mean, Row};
use onset_plot::rob::Light;
use onset_plot::{Heading, caterpillar, caterpillar_narrow, forest, forest_narrow, text};
use onset_review::answers::{Pool, Side, StudyResult, SubgroupResult, Subgroups};

/// The forest plot; `None` where nothing was pooled.
pub(super) fn figure(pool: &Pool, name: &str) -> Option<Figure> {
    pool.estimate.as_ref()?;
    let id = format!("forest-{name}");
    if pool.k > words::MANY {
        return Some(many(pool, name, &id));
    }
    let domains = domains(pool);
    let input = Forest {
        heading: Heading {
            id: id.clone(),
            title: words::finding(pool),
            subtitle: words::subtitle(pool),
            desc: words::alternative(pool),
            source: String::new(),
        },
        effect: effect(pool),
        columns: columns(pool),
        rows_header: String::new(),
        treatment: words::capital(&pool.treatment_label),
        control: words::capital(&pool.control_label),
        blocks: blocks(pool, &domains),
        means: means(pool),
        notes: notes(pool),
        domains: domains.iter().map(Domain::label).collect(),
    };
    let table = Some(format!("studies-{name}"));
    Some(Figure::new(&id, table, forest(&input), forest_narrow(&input)))
}

/// Effects in order of size, without names: more trials than a forest plot can be read with.
fn many(pool: &Pool, name: &str, id: &str) -> Figure {
    let input = Caterpillar {
        heading: Heading {
            id: id.to_owned(),
            title: words::finding(pool),
            subtitle: words::subtitle(pool),
            desc: words::alternative(pool),
            source: "The trials by name stand in the table.".to_owned(),
        },
        effect: effect(pool),
        points: pool
            .studies
            .iter()
            .map(|study| CaterpillarPoint {
                key: String::new(),
                label: String::new(),
                interval: interval(&study.shown),
                rows: Vec::new(),
            })
            .collect(),
        pooled: pool
            .estimate
            .as_ref()
            .map(|found| interval(&words::interval(found))),
        prediction: pool.prediction.as_ref().map(|p| (p.lower, p.upper)),
    };
    let table = Some(format!("studies-{name}"));
    Figure::new(id, table, caterpillar(&input), caterpillar_narrow(&input))
}

/// A domain of a tool; the tool is named only where a pool mixes tools.
struct Domain {
    tool: String,
    domain: String,
    name_tool: bool,
}

impl Domain {
    fn label(&self) -> String {
        let domain = words::capital(&words::plain(&self.domain));
        if self.name_tool {
            format!("{domain} ({})", self.tool)
        } else {
            domain
        }
    }
}

fn domains(pool: &Pool) -> Vec<Domain> {
    let mut found: Vec<Domain> = Vec::new();
    for judged in pool.studies.iter().flat_map(|study| &study.risk_of_bias) {
        let known = |d: &Domain| d.tool == judged.tool && d.domain == judged.domain;
        if !found.iter().any(known) {
            found.push(Domain {
                tool: judged.tool.clone(),
                domain: judged.domain.clone(),
                name_tool: false,
            });
        }
    }
    let mixed = found
        .iter()
        .any(|d| Some(&d.tool) != found.first().map(|f| &f.tool));
    found.iter_mut().for_each(|d| d.name_tool = mixed);
    found
}

fn columns(pool: &Pool) -> Columns {
    let any = |has: fn(&Side) -> bool| pool.studies.iter().any(|s| has(&s.treatment) || has(&s.control));
    if any(|side| side.events.is_some()) {
        Columns::Events
    } else if any(|side| side.mean.is_some()) {
        Columns::MeanSd
    } else if any(|side| side.n.is_some()) {
        Columns::Numbers
    } else {
        Columns::None
    }
}

fn arm(side: &Side) -> Arm {
    Arm {
        n: side.n,
        mean: side.mean,
        sd: side.sd,
        events: side.events,
    }
}

fn row(study: &StudyResult, domains: &[Domain]) -> Row {
    let light = |domain: &Domain| {
        let judged = study
            .risk_of_bias
            .iter()
            .find(|j| j.tool == domain.tool && j.domain == domain.domain);
        judged.map_or(Light::NotJudged, |j| Light::of(&j.judgement))
    };
    Row {
        key: study.id.clone(),
        label: study.label.clone(),
        year: study.year,
        treatment: arm(&study.treatment),
        control: arm(&study.control),
        effect: Some(interval(&study.shown)),
        note: String::new(),
        weight: Some(study.weight),
        lights: domains.iter().map(light).collect(),
        rows: study.rows.clone(),
    }
}

/// The first subgroup analysis of at least two groups, one of them with more than one study, is drawn.
pub(crate) fn drawn_subgroups(pool: &Pool) -> Option<&Subgroups> {
    pool.subgroups.iter().find(|split| {
        let placed = |study: &StudyResult| {
            let group = study.subgroup.get(&split.by);
            split.groups.iter().any(|g| Some(&g.group) == group)
        };
        let several = split.groups.len() > 1 && split.groups.iter().any(|g| g.k > 1);
        several && pool.studies.iter().all(placed)
    })
}

fn blocks(pool: &Pool, domains: &[Domain]) -> Vec<Block> {
    let Some(split) = drawn_subgroups(pool) else {
        let rows = pool.studies.iter().map(|study| row(study, domains)).collect();
        return vec![Block {
            rows,
            ..Block::default()
        }];
    };
    let block = |group: &SubgroupResult| Block {
        label: words::capital(&group.group),
        rows: pool
            .studies
            .iter()
            .filter(|study| study.subgroup.get(&split.by) == Some(&group.group))
            .map(|study| row(study, domains))
            .collect(),
        mean: (group.k > 1).then(|| Mean {
            label: words::capital(&group.group),
            effect: group.estimate.as_ref().map(interval),
            k: group.k,
            ..Mean::default()
        }),
    };
    split.groups.iter().map(block).collect()
}

fn means(pool: &Pool) -> Vec<Mean> {
    let Some(found) = pool.estimate.as_ref().filter(|_| pool.k > 1) else {
        return Vec::new();
    };
    vec![Mean {
        label: words::capital(&found.model),
        effect: Some(interval(&words::interval(found))),
        prediction: pool.prediction.map(|p| (p.lower, p.upper)),
        k: pool.k,
        n_treatment: Some(pool.n_treatment),
        n_control: Some(pool.n_control),
        weight: None,
    }]
}

fn notes(pool: &Pool) -> Vec<String> {
    let mut notes = Vec::new();
    if pool.k == 1 {
        notes.push("One trial: there is nothing to pool.".to_owned());
    }
    notes.extend(words::heterogeneity(pool));
    notes.extend(drawn_subgroups(pool).and_then(difference));
    if pool.k > 1 {
        notes.extend(
            pool.prediction_why_not
                .as_ref()
                .map(|why| format!("No prediction interval: {}", words::uncapital(why))),
        );
    }
    notes
}

/// The test of difference between subgroups, in words.
pub(crate) fn difference(split: &Subgroups) -> Option<String> {
    match (split.q, split.df, split.p) {
        (Some(q), Some(df), Some(p)) => Some(format!(
            "Test of difference by {}: Q {} on {} df, {}.",
            words::plain(&split.by),
            text::number(q, 1),
            text::count(df),
            text::p_phrase(p)
        )),
        _ => split.why_not.clone(),
    }
}
