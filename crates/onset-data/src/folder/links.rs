//! Rules between tables: every id leads somewhere, nothing stands twice.

use super::problems::Problems;
use crate::evidence::{Cite, Evidence};
use crate::{Diagnostic, RowId, nearest};
use std::collections::{BTreeMap, BTreeSet};

/// Which tables could be read; ids are not looked up in one that could not.
#[derive(Debug, Clone, Copy)]
pub(super) struct Readable {
    pub(super) studies: bool,
    pub(super) arms: bool,
    pub(super) sources: bool,
}

/// A row of any table, as far as its ids go.
struct Link<'a> {
    row: &'a RowId,
    study: Option<&'a str>,
    arms: Vec<(&'static str, &'a str)>,
    cite: &'a Cite,
}

/// All rules between tables.
pub(super) fn check(evidence: &Evidence, readable: Readable, problems: &mut Problems) {
    duplicates(evidence, problems);
    let links = links(evidence);
    if readable.studies {
        unknown_studies(evidence, &links, problems);
    }
    if readable.arms {
        unknown_arms(evidence, &links, problems);
    }
    if readable.sources {
        unknown_sources(evidence, &links, problems);
    }
    no_locator(&links, problems);
    more_than_randomised(evidence, problems);
    studies_without_arms(evidence, readable, problems);
}

/// Every row that names a study or a source.
fn links(e: &Evidence) -> Vec<Link<'_>> {
    fn link<'a>(
        row: &'a RowId,
        study: &'a str,
        arms: Vec<(&'static str, &'a str)>,
        cite: &'a Cite,
    ) -> Link<'a> {
        let study = Some(study);
        Link {
            row,
            study,
            arms,
            cite,
        }
    }
    fn optional(arm: &Option<String>) -> Vec<(&'static str, &str)> {
        arm.iter().map(|id| ("arm_id", id.as_str())).collect()
    }
    let mut all = Vec::new();
    all.extend(e.studies.iter().map(|r| link(&r.row, &r.id, vec![], &r.cite)));
    all.extend(e.arms.iter().map(|r| link(&r.row, &r.study_id, vec![], &r.cite)));
    let observed = e.observations.iter();
    all.extend(observed.map(|r| link(&r.row, &r.study_id, vec![("arm_id", &r.arm_id)], &r.cite)));
    all.extend(e.contrasts.iter().map(|r| {
        let arms = vec![("arm1", r.arm1.as_str()), ("arm2", r.arm2.as_str())];
        link(&r.row, &r.study_id, arms, &r.cite)
    }));
    let bias = e.risk_of_bias.iter();
    all.extend(bias.map(|r| link(&r.row, &r.study_id, vec![], &r.cite)));
    let guesses = e.blinding.iter();
    all.extend(guesses.map(|r| link(&r.row, &r.study_id, optional(&r.arm_id), &r.cite)));
    let facts = e.durability.iter();
    all.extend(facts.map(|r| link(&r.row, &r.study_id, optional(&r.arm_id), &r.cite)));
    let harms = e.harms.iter();
    all.extend(harms.map(|r| link(&r.row, &r.study_id, vec![("arm_id", &r.arm_id)], &r.cite)));
    let no_study = |row, cite| Link {
        row,
        study: None,
        arms: vec![],
        cite,
    };
    all.extend(e.costs.iter().map(|r| no_study(&r.row, &r.cite)));
    all.extend(e.published.iter().map(|r| no_study(&r.row, &r.cite)));
    all
}

/// Rows by what they miss: one finding a file and id, however many rows have it.
#[derive(Default)]
struct Missing<'a> {
    first: BTreeMap<(&'a str, String), (&'a Link<'a>, &'static str, usize)>,
}

impl<'a> Missing<'a> {
    fn add(&mut self, link: &'a Link<'a>, column: &'static str, id: &str) {
        let key = (link.row.file.as_str(), id.to_owned());
        self.first.entry(key).or_insert((link, column, 0)).2 += 1;
    }

    fn report(self, code: &str, what: &str, known: impl Fn(&Link) -> Vec<String>, problems: &mut Problems) {
        let mut findings: Vec<_> = self.first.into_iter().collect();
        findings.sort_by_key(|((file, _), (link, _, _))| (*file, link.row.line));
        for ((_, id), (link, column, rows)) in findings {
            let shown = id.rsplit('\u{1F}').next().unwrap_or_default();
            let more = if rows > 1 {
                format!(" (the first of {rows} rows)")
            } else {
                String::new()
            };
            let known = known(link);
            let allowed = if known.is_empty() {
                format!("an id of {what}, which has none")
            } else {
                short_list(&known)
            };
            let mut finding = at(
                Diagnostic::error(code, format!("this id is not in {what}{more}")),
                link.row,
            )
            .column(column)
            .found(shown)
            .allowed(allowed);
            finding.study = link.study.map(str::to_owned);
            if let Some(near) = nearest(shown, &known) {
                finding = finding.hint(format!("did you mean '{near}'?"));
            }
            problems.push(finding);
        }
    }
}

fn at(finding: Diagnostic, row: &RowId) -> Diagnostic {
    finding.file(row.file.clone()).line(row.line)
}

/// The first of a long list of ids.
fn short_list(ids: &[String]) -> String {
    const SHOWN: usize = 12;
    let mut text = ids.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    if ids.len() > SHOWN {
        text.push_str(&format!(", … ({} in all)", ids.len()));
    }
    text
}

fn unknown_studies(e: &Evidence, links: &[Link], problems: &mut Problems) {
    let known: BTreeSet<&str> = e.studies.iter().map(|s| s.id.as_str()).collect();
    let mut missing = Missing::default();
    for link in links {
        if let Some(study) = link.study
            && !study.is_empty()
            && !known.contains(study)
        {
            missing.add(link, "study_id", study);
        }
    }
    let ids: Vec<String> = e.studies.iter().map(|s| s.id.clone()).collect();
    missing.report("unknown_study", "studies.csv", |_| ids.clone(), problems);
}

/// Arms of studies that have none are left to the finding about the study.
fn unknown_arms(e: &Evidence, links: &[Link], problems: &mut Problems) {
    let known: BTreeSet<(&str, &str)> = e
        .arms
        .iter()
        .map(|a| (a.study_id.as_str(), a.id.as_str()))
        .collect();
    let studies: BTreeSet<&str> = e.studies.iter().map(|s| s.id.as_str()).collect();
    let mut missing = Missing::default();
    for link in links {
        let Some(study) = link.study.filter(|study| studies.contains(study)) else {
            continue;
        };
        for (column, arm) in link.arms.iter().filter(|(_, arm)| !arm.is_empty()) {
            if !known.contains(&(study, *arm)) {
                missing.add(link, column, &format!("{study}\u{1F}{arm}"));
            }
        }
    }
    let of_study = |link: &Link| {
        let arms = e.arms.iter().filter(|a| Some(a.study_id.as_str()) == link.study);
        arms.map(|a| a.id.clone()).collect()
    };
    missing.report("unknown_arm", "arms.csv for this study", of_study, problems);
}

fn unknown_sources(e: &Evidence, links: &[Link], problems: &mut Problems) {
    let known: BTreeSet<&str> = e.sources.iter().map(|s| s.id.as_str()).collect();
    let mut missing = Missing::default();
    for link in links {
        let source = link.cite.source_id.as_str();
        if !source.is_empty() && !known.contains(source) {
            missing.add(link, "source_id", source);
        }
    }
    let ids: Vec<String> = e.sources.iter().map(|s| s.id.clone()).collect();
    missing.report("unknown_source", "sources.csv", |_| ids.clone(), problems);
}

/// Keys that stand on two rows.
fn twice<'a, K: Ord>(rows: impl Iterator<Item = (K, &'a RowId)>) -> Vec<(K, &'a RowId, &'a RowId)> {
    let mut sorted: Vec<(K, &RowId)> = rows.collect();
    sorted.sort_by(|a, b| (&a.0, a.1.line).cmp(&(&b.0, b.1.line)));
    let mut found = Vec::new();
    let mut rows = sorted.into_iter();
    let Some((mut key, mut first)) = rows.next() else {
        return found;
    };
    for (next, row) in rows {
        if next == key {
            found.push((next, first, row));
        } else {
            (key, first) = (next, row);
        }
    }
    found.sort_by_key(|(_, _, row)| row.line);
    found
}

fn duplicates(e: &Evidence, problems: &mut Problems) {
    let studies = e.studies.iter().map(|s| (s.id.as_str(), &s.row));
    for (id, first, row) in twice(studies.filter(|(id, _)| !id.is_empty())) {
        let finding = duplicate("duplicate_study", "the study stands twice", first, row);
        problems.push(finding.study(id).column("study_id").found(id));
    }
    let arms = e
        .arms
        .iter()
        .map(|a| ((a.study_id.as_str(), a.id.as_str()), &a.row));
    for ((study, arm), first, row) in twice(arms.filter(|((_, id), _)| !id.is_empty())) {
        let finding = duplicate("duplicate_arm", "the arm stands twice in its study", first, row);
        problems.push(finding.study(study).column("arm_id").found(arm));
    }
    let sources = e.sources.iter().map(|s| (s.id.as_str(), &s.row));
    for (id, first, row) in twice(sources.filter(|(id, _)| !id.is_empty())) {
        let finding = duplicate("duplicate_source", "the source stands twice", first, row);
        problems.push(finding.column("source_id").found(id));
    }
    duplicate_observations(e, problems);
}

fn duplicate(code: &str, message: &str, first: &RowId, row: &RowId) -> Diagnostic {
    let message = format!("{message} (first on line {})", first.line);
    at(Diagnostic::error(code, message), row).allowed("each id once")
}

/// One arm, outcome, scale, time, timing, statistic, set and period stand on one row.
fn duplicate_observations(e: &Evidence, problems: &mut Problems) {
    let key = |o: &crate::evidence::Observation| {
        // Times are finite and not negative, so that their bits sort as they do.
        let time = o.time_hours.map(|t| (t + 0.0).to_bits());
        let who = (o.study_id.clone(), o.arm_id.clone());
        let what = (o.outcome.clone(), o.scale.clone(), time, o.timing, o.statistic);
        (who, what, o.set.clone(), o.period)
    };
    for (((study, arm), (outcome, ..), _, _), first, row) in
        twice(e.observations.iter().map(|o| (key(o), &o.row)))
    {
        let message = format!("the observation stands twice (first on line {})", first.line);
        let finding = at(Diagnostic::error("duplicate_observation", message), row)
            .study(study)
            .column("outcome")
            .found(format!("arm '{arm}', outcome '{outcome}'"))
            .allowed("one row an arm, outcome, scale, time, timing, statistic, set and period")
            .hint("delete one row, or tell them apart in the columns set or period");
        problems.push(finding);
    }
}

/// One warning a file.
fn no_locator(links: &[Link], problems: &mut Problems) {
    let mut files: BTreeMap<&str, (usize, u64)> = BTreeMap::new();
    for link in links.iter().filter(|link| link.cite.locator.is_empty()) {
        let entry = files.entry(&link.row.file).or_insert((0, link.row.line));
        entry.0 += 1;
    }
    for (file, (rows, line)) in files {
        let message = format!("{rows} rows do not say where in their source they were read");
        let finding = Diagnostic::warning("no_locator", message).file(file).line(line);
        problems.push(
            finding
                .column("locator")
                .allowed("a table, page, figure or section"),
        );
    }
}

fn more_than_randomised(e: &Evidence, problems: &mut Problems) {
    for o in &e.observations {
        let randomised = e.arm(&o.study_id, &o.arm_id).and_then(|arm| arm.n_randomised);
        if let (Some(n), Some(randomised)) = (o.n, randomised)
            && n > randomised
        {
            let message = "more people were analysed in the arm than randomised to it";
            let finding = at(Diagnostic::warning("n_above_randomised", message), &o.row)
                .study(&o.study_id)
                .column("n")
                .found(n.to_string())
                .allowed(format!(
                    "at most {randomised} (n_randomised of arm '{}')",
                    o.arm_id
                ));
            problems.push(finding);
        }
    }
}

fn studies_without_arms(e: &Evidence, readable: Readable, problems: &mut Problems) {
    let with: BTreeSet<&str> = e.arms.iter().map(|a| a.study_id.as_str()).collect();
    let without = e.studies.iter().filter(|s| !with.contains(s.id.as_str()));
    for study in without.filter(|_| readable.arms) {
        let message = "the study has no arms, so that nothing of it can be used";
        let finding = at(Diagnostic::warning("study_without_arms", message), &study.row);
        problems.push(finding.study(&study.id).column("study_id"));
    }
}
