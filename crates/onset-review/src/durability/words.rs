//! What relapse adds to "How long?".

use super::{DurabilityReport, LastingGroup};
use crate::answers::{Answer, Note};
use crate::phrase;

/// Adds what the groups say; the answer's own number is not touched: another estimand never replaces it.
pub(crate) fn tell(answer: &mut Answer, report: Option<&DurabilityReport>) {
    let Some(report) = report else { return };
    answer.protocol.push("durability".to_owned());
    let found: Vec<&LastingGroup> = report.groups.iter().filter(|g| g.estimate.is_some()).collect();
    if !found.is_empty() {
        let said: Vec<String> = found.iter().map(|g| sentence(g)).collect();
        answer.sentence = format!("{} {}", answer.sentence, said.join(" "))
            .trim()
            .to_owned();
    }
    if report.groups.iter().any(|g| g.estimand == "withdrawal") {
        answer.warnings.push(Note {
            code: "another_estimand".to_owned(),
            severity: "note".to_owned(),
            study: None,
            message: "Randomised withdrawal tells what stopping does to people who had responded. It is kept apart \
                      from the windows and curves above and is never pooled with them."
                .to_owned(),
        });
    }
}

/// Which side did better, without numbers: the page prints them from the group.
fn sentence(group: &LastingGroup) -> String {
    let (treatment, control) = (
        phrase::lower_first(&group.treatment_label),
        phrase::lower_first(&group.control_label),
    );
    let said = match group.estimate {
        None => "no ratio".to_owned(),
        Some(e) if e.lower <= 1.0 && e.upper >= 1.0 => {
            format!("{treatment} and {control} cannot be told apart")
        }
        Some(e) => {
            let better = (e.value < 1.0) == (group.direction == "lower is better");
            let how = if better { "better" } else { "worse" };
            format!("{treatment} did {how} than {control}")
        }
    };
    let trials = if group.k == 1 {
        "one trial".to_owned()
    } else {
        format!("{} trials", group.k)
    };
    let about = match group.estimand.as_str() {
        "withdrawal" => "Randomised withdrawal",
        "follow-up" => "Among responders who were followed",
        _ => "All who were randomised",
    };
    format!("{about}: {said} ({}, {trials}).", group.event)
}
