//! Names that stand in the tables and names that stand in the protocol.

use super::{Fit, short_list};
use crate::protocol::{OutcomeKind, SubgroupBy};
use onset_data::{Diagnostic, RowId, nearest};
use std::collections::{BTreeMap, BTreeSet};

/// Rows that share a doubtful name: the first of them, and how many.
type Groups<'a> = BTreeMap<(&'a str, &'a str), (&'a RowId, usize)>;

fn count<'a>(groups: &mut Groups<'a>, what: &'a str, name: &'a str, row: &'a RowId) {
    groups.entry((what, name)).or_insert((row, 0)).1 += 1;
}

impl Fit<'_> {
    /// Arms name nodes of the protocol.
    pub(super) fn treatments(&mut self) {
        let nodes: Vec<&str> = self.protocol.treatment.iter().map(|t| t.id.as_str()).collect();
        let mut unknown: Groups = BTreeMap::new();
        let mut studies: BTreeMap<&str, &str> = BTreeMap::new();
        for arm in &self.evidence.arms {
            if !nodes.contains(&arm.treatment.as_str()) {
                count(&mut unknown, "", &arm.treatment, &arm.row);
                studies.entry(&arm.treatment).or_insert(&arm.study_id);
            }
        }
        for ((_, treatment), (row, rows)) in unknown {
            let message = "the protocol has no such treatment";
            let finding = Diagnostic::error("unknown_treatment", with_count(message, rows));
            let mut finding = at_row(finding, row)
                .column("treatment")
                .found(treatment)
                .allowed(short_list(&nodes));
            finding.study = studies.get(treatment).map(|study| (*study).to_owned());
            finding = match nearest(treatment, &nodes) {
                Some(near) => finding.hint(format!("did you mean '{near}'?")),
                None => finding.hint("declare it in review.toml as a [[treatment]]"),
            };
            self.found.push(finding);
        }
    }

    /// Scales of continuous outcomes that the protocol does not list: their rows cannot be used.
    pub(super) fn scales(&mut self) {
        let mut unlisted: Groups = BTreeMap::new();
        let observed = self
            .evidence
            .observations
            .iter()
            .map(|o| (&o.outcome, &o.scale, &o.row));
        let printed = self
            .evidence
            .contrasts
            .iter()
            .map(|c| (&c.outcome, &c.scale, &c.row));
        for (outcome, scale, row) in observed.chain(printed) {
            let declared = self.protocol.outcome.iter().find(|o| o.id == *outcome);
            let Some(declared) = declared.filter(|o| o.kind == OutcomeKind::Continuous) else {
                continue;
            };
            let name = scale.as_deref().unwrap_or_default();
            if !declared.scales.is_empty() && !declared.scales.iter().any(|s| s.id == name) {
                count(&mut unlisted, outcome, name, row);
            }
        }
        for ((outcome, scale), (row, rows)) in unlisted {
            let listed = self
                .protocol
                .outcome
                .iter()
                .filter(|o| o.id == outcome)
                .flat_map(|o| &o.scales);
            let listed: Vec<&str> = listed.map(|s| s.id.as_str()).collect();
            let message = if scale.is_empty() {
                format!("the row does not say its scale, so that '{outcome}' cannot use it")
            } else {
                format!("the protocol does not list this scale for '{outcome}'")
            };
            let finding = Diagnostic::warning("unlisted_scale", with_count(&message, rows));
            let mut finding = at_row(finding, row)
                .column("scale")
                .found(scale)
                .allowed(listed.join(", "));
            if let Some(near) = nearest(scale, &listed) {
                finding = finding.hint(format!("did you mean '{near}'?"));
            }
            self.found.push(finding);
        }
    }

    /// Row sets that the protocol does not rank: their rows are not used.
    pub(super) fn sets(&mut self) {
        let listed: Vec<&str> = self.protocol.model.sets.iter().map(String::as_str).collect();
        let mut unlisted: Groups = BTreeMap::new();
        let observed = self.evidence.observations.iter().map(|o| (&o.set, &o.row));
        let printed = self.evidence.contrasts.iter().map(|c| (&c.set, &c.row));
        for (set, row) in observed.chain(printed) {
            if let Some(set) = set.as_deref().filter(|set| !listed.contains(set)) {
                count(&mut unlisted, "", set, row);
            }
        }
        for ((_, set), (row, rows)) in unlisted {
            let message = with_count("model.sets does not list this row set", rows);
            let finding = at_row(Diagnostic::warning("unlisted_set", message), row);
            let mut finding = finding.column("set").found(set).allowed(listed.join(", "));
            if let Some(near) = nearest(set, &listed) {
                finding = finding.hint(format!("did you mean '{near}'?"));
            }
            self.found.push(finding);
        }
    }

    /// Outcomes of the tables that nobody declared, and declared ones without rows.
    pub(super) fn outcomes(&mut self) {
        let declared: Vec<&str> = self.protocol.outcome.iter().map(|o| o.id.as_str()).collect();
        let mut found: Groups = BTreeMap::new();
        let mut present: BTreeSet<&str> = BTreeSet::new();
        let observed = self
            .evidence
            .observations
            .iter()
            .map(|o| (o.outcome.as_str(), &o.row));
        let printed = self
            .evidence
            .contrasts
            .iter()
            .map(|c| (c.outcome.as_str(), &c.row));
        let pooled = self
            .evidence
            .published
            .iter()
            .filter_map(|p| Some((p.outcome.as_deref()?, &p.row)));
        for (outcome, row) in observed.chain(printed).chain(pooled) {
            present.insert(outcome);
            if !declared.contains(&outcome) {
                count(&mut found, &row.file, outcome, row);
            }
        }
        for ((_, outcome), (row, rows)) in found {
            let message = with_count("the protocol does not declare this outcome", rows);
            let finding = at_row(Diagnostic::note("undeclared_outcome", message), row);
            let mut finding = finding
                .column("outcome")
                .found(outcome)
                .allowed(short_list(&declared));
            if let Some(near) = nearest(outcome, &declared) {
                finding = finding.hint(format!("did you mean '{near}'?"));
            }
            self.found.push(finding);
        }
        for (position, outcome) in declared
            .iter()
            .enumerate()
            .filter(|(_, id)| !present.contains(*id))
        {
            let message = format!("no row reports the outcome '{outcome}'");
            self.at_key(
                Diagnostic::note("outcome_without_rows", message),
                &["outcome", &position.to_string()],
            );
        }
    }

    /// Pools printed elsewhere name recipes of the protocol.
    pub(super) fn published(&mut self) {
        let recipes: Vec<&str> = self.protocol.recompute.iter().map(|r| r.id.as_str()).collect();
        for pool in &self.evidence.published {
            let Some(recipe) = pool.recompute.as_deref().filter(|id| !recipes.contains(id)) else {
                continue;
            };
            let finding = Diagnostic::error("unknown_recompute", "the protocol has no such [[recompute]]");
            let mut finding = at_row(finding, &pool.row)
                .column("recompute")
                .found(recipe)
                .allowed(short_list(&recipes));
            if let Some(near) = nearest(recipe, &recipes) {
                finding = finding.hint(format!("did you mean '{near}'?"));
            }
            self.found.push(finding);
        }
    }

    /// Populations that a comparison wants and no study has.
    pub(super) fn populations(&mut self) {
        let protocol = self.protocol;
        let found: BTreeSet<&str> = self
            .evidence
            .studies
            .iter()
            .filter_map(|s| s.population.as_deref())
            .collect();
        let found: Vec<&str> = found.into_iter().collect();
        for (position, comparison) in protocol.comparison.iter().enumerate() {
            for (number, population) in comparison.populations.iter().enumerate() {
                if found.contains(&population.as_str()) {
                    continue;
                }
                let message = "no study has this population";
                let finding = Diagnostic::warning("unknown_population", message).found(population);
                let mut finding = finding.allowed(short_list(&found));
                if let Some(near) = nearest(population, &found) {
                    finding = finding.hint(format!("did you mean '{near}'?"));
                }
                let (place, number) = (position.to_string(), number.to_string());
                self.at_key(finding, &["comparison", &place, "populations", &number]);
            }
        }
    }

    /// Outcomes that are pooled without a declared measure.
    pub(super) fn measures(&mut self) {
        let protocol = self.protocol;
        for outcome in &protocol.outcome {
            let pooled = protocol
                .comparison
                .iter()
                .any(|c| c.outcomes.contains(&outcome.id));
            if pooled && !protocol.model.effect.contains_key(&outcome.id) {
                let default = match outcome.kind {
                    OutcomeKind::Continuous => "MD",
                    OutcomeKind::Binary => "OR",
                };
                let message = format!("model.effect does not name a measure for '{}'", outcome.id);
                let finding = Diagnostic::note("default_measure", message);
                let hint = format!("{default} is used; write {} = \"{default}\"", outcome.id);
                self.at_key(finding.hint(hint), &["model", "effect"]);
            }
        }
    }

    /// Windows of no comparison, and controls without the type that a subgroup asks for.
    pub(super) fn unused(&mut self) {
        let protocol = self.protocol;
        for (position, window) in protocol.window.iter().enumerate() {
            let named = protocol.comparison.iter().any(|c| c.windows.contains(&window.id))
                || protocol.network.iter().any(|n| n.windows.contains(&window.id));
            if !named {
                let message = format!("no comparison names the window '{}'", window.id);
                self.at_key(
                    Diagnostic::note("unused_window", message),
                    &["window", &position.to_string()],
                );
            }
        }
        let mut untyped: BTreeSet<usize> = BTreeSet::new();
        for comparison in protocol
            .comparison
            .iter()
            .filter(|c| c.subgroups.contains(&SubgroupBy::ControlType))
        {
            let nodes = protocol.treatment.iter().enumerate();
            let asked = nodes.filter(|(_, t)| t.control_type.is_none() && comparison.control.contains(&t.id));
            untyped.extend(asked.map(|(position, _)| position));
        }
        for position in untyped {
            let id = protocol.treatment.get(position).map_or("", |t| t.id.as_str());
            let message = format!("the control '{id}' has no control_type, which a subgroup asks for");
            let finding = Diagnostic::warning("no_control_type", message);
            let finding = finding.allowed("inert, active, anaesthesia, oral-antidepressant, treatment");
            self.at_key(finding, &["treatment", &position.to_string()]);
        }
    }
}

fn at_row(finding: Diagnostic, row: &RowId) -> Diagnostic {
    finding.file(row.file.clone()).line(row.line)
}

fn with_count(message: &str, rows: usize) -> String {
    if rows > 1 {
        format!("{message} (the first of {rows} rows)")
    } else {
        message.to_owned()
    }
}
