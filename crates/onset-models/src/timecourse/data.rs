//! Checked longitudinal data: studies, their arms, and the visits of each.

use super::TimecourseError;
use std::collections::{BTreeMap, BTreeSet};

/// One arm at one visit.
#[derive(Debug, Clone, PartialEq)]
pub struct TimeVisit {
    /// Study.
    pub study: String,
    /// Arm within the study.
    pub arm: String,
    /// Treatment of the arm.
    pub treatment: String,
    /// Time since the start of treatment, in the data's unit, at or above 0.
    pub time: f64,
    /// Mean (score, change, log odds).
    pub mean: f64,
    /// Its standard error, above 0.
    pub se: f64,
    /// People behind it.
    pub n: Option<f64>,
    /// Dose, where the model has one.
    pub dose: Option<f64>,
}

/// What was set aside or looks doubtful.
#[derive(Debug, Clone, PartialEq)]
pub struct DataNote {
    /// Code of the rule.
    pub code: &'static str,
    /// Study concerned.
    pub study: String,
    /// In a sentence.
    pub message: String,
}

/// Visits of one arm, in order of time.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct ArmVisits {
    pub name: String,
    /// Index into the treatments; 0 is the reference.
    pub treatment: usize,
    pub dose: f64,
    /// Times of its doses; empty: one, at 0.
    pub doses: Vec<f64>,
    /// Positions in the input.
    pub rows: Vec<usize>,
    pub times: Vec<f64>,
    pub means: Vec<f64>,
    pub ses: Vec<f64>,
    pub ns: Vec<Option<f64>>,
}

impl ArmVisits {
    /// Time since the latest dose at or before `t`.
    pub fn since_dose(&self, t: f64) -> f64 {
        let last = self.doses.iter().copied().take_while(|&at| at <= t).last();
        t - last.unwrap_or(0.0)
    }
}

/// Arms of one study.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct StudyArms {
    pub name: String,
    pub arms: Vec<ArmVisits>,
}

/// Studies with at least two arms, connected to a reference treatment.
#[derive(Debug, Clone, PartialEq)]
pub struct Longitudinal {
    pub(super) studies: Vec<StudyArms>,
    /// The reference first, then the others in byte order.
    pub(super) treatments: Vec<String>,
    /// What was set aside.
    pub notes: Vec<DataNote>,
}

impl Longitudinal {
    /// Checks and groups visits; studies stand in the order in which they first appear.
    ///
    /// Studies with a single arm leave the data with a note: they hold no randomised comparison. Studies with
    /// one visit stay, with a note: they speak about size, not about shape.
    ///
    /// # Errors
    /// `Empty`, `BeforeBaseline`, `Duplicate`, `ArmChangesTreatment`, `BadNumber`, `UnknownReference`,
    /// `Disconnected`, `NoComparison`.
    pub fn new(visits: &[TimeVisit], reference: &str) -> Result<Self, TimecourseError> {
        if visits.is_empty() {
            return Err(TimecourseError::Empty);
        }
        let mut order: Vec<&str> = Vec::new();
        let mut grouped: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, visit) in visits.iter().enumerate() {
            check(visit, index)?;
            let rows = grouped.entry(&visit.study).or_default();
            if rows.is_empty() {
                order.push(&visit.study);
            }
            rows.push(index);
        }
        let names: BTreeSet<&str> = visits.iter().map(|v| v.treatment.as_str()).collect();
        if !names.contains(reference) {
            return Err(TimecourseError::UnknownReference {
                reference: reference.to_owned(),
                treatments: names.into_iter().map(str::to_owned).collect(),
            });
        }
        let mut notes = Vec::new();
        let mut kept: Vec<(&str, Vec<Vec<usize>>)> = Vec::new();
        for study in order {
            let arms = arms_of(visits, grouped.get(study).map_or(&[][..], Vec::as_slice))?;
            if arms.len() < 2 {
                notes.push(DataNote {
                    code: "single_arm",
                    study: study.to_owned(),
                    message: "one arm only: no randomised comparison, so the study leaves the analysis"
                        .to_owned(),
                });
                continue;
            }
            let mut times: Vec<f64> = arms
                .iter()
                .flatten()
                .filter_map(|&i| visits.get(i))
                .map(|v| v.time)
                .collect();
            times.retain(|&t| t > 0.0);
            times.sort_by(f64::total_cmp);
            times.dedup();
            if times.len() == 1 {
                notes.push(DataNote {
                    code: "one_visit",
                    study: study.to_owned(),
                    message: "one visit after baseline: the study speaks about size, not about the shape of the curve"
                        .to_owned(),
                });
            }
            kept.push((study, arms));
        }
        overlap(visits, &kept, &mut notes);
        let used: BTreeSet<&str> = kept
            .iter()
            .flat_map(|(_, arms)| arms.iter().flatten())
            .filter_map(|&i| visits.get(i))
            .map(|v| v.treatment.as_str())
            .collect();
        if used.len() < 2 || !used.contains(reference) {
            return Err(TimecourseError::NoComparison);
        }
        let mut treatments = vec![reference.to_owned()];
        treatments.extend(used.iter().filter(|&&t| t != reference).map(|&t| t.to_owned()));
        let studies: Vec<StudyArms> = kept
            .iter()
            .map(|(name, arms)| built(visits, name, arms, &treatments))
            .collect();
        connected(&studies, &treatments)?;
        Ok(Longitudinal {
            studies,
            treatments,
            notes,
        })
    }

    /// The same with the times at which the arms got their doses, by study and arm; arms that are not named got one, at
    /// time 0. An effect is then the sum of what each dose given so far adds (superposition), and a fitted curve that of
    /// a single dose; [`Curve::after`](super::Curve::after) gives the course of a schedule.
    ///
    /// # Errors
    /// `BadDoses` for times that are not finite, below 0 or not in order, and for studies and arms that are not there.
    pub fn with_dose_times(
        mut self,
        doses: &BTreeMap<(String, String), Vec<f64>>,
    ) -> Result<Self, TimecourseError> {
        for ((study, arm), times) in doses {
            let refused = |what: &'static str| TimecourseError::BadDoses {
                study: study.clone(),
                arm: arm.clone(),
                what,
            };
            if times.is_empty() || times.iter().any(|t| !(t.is_finite() && *t >= 0.0)) {
                return Err(refused("a dose time is no number of 0 or more"));
            }
            if times.windows(2).any(|pair| matches!(pair, [a, b] if a >= b)) {
                return Err(refused("the dose times do not increase"));
            }
            let mine = self
                .studies
                .iter_mut()
                .filter(|s| s.name == *study)
                .flat_map(|s| &mut s.arms);
            match mine.into_iter().find(|a| a.name == *arm) {
                Some(found) if times.as_slice() != [0.0] => found.doses.clone_from(times),
                Some(_) => {}
                None => return Err(refused("there is no such arm in the analysis")),
            }
        }
        Ok(self)
    }

    /// Whether an arm got more than a single dose at time 0.
    pub fn has_schedules(&self) -> bool {
        self.studies
            .iter()
            .flat_map(|s| &s.arms)
            .any(|a| !a.doses.is_empty())
    }

    /// Treatments, the reference first.
    pub fn treatments(&self) -> &[String] {
        &self.treatments
    }

    /// Names of the studies in the analysis.
    pub fn studies(&self) -> impl Iterator<Item = &str> {
        self.studies.iter().map(|s| s.name.as_str())
    }

    /// Visits in the analysis.
    pub fn points(&self) -> usize {
        self.studies
            .iter()
            .flat_map(|s| &s.arms)
            .map(|a| a.times.len())
            .sum()
    }

    /// First and last time after baseline.
    pub fn range(&self) -> (f64, f64) {
        let positive = self.times().filter(|&t| t > 0.0);
        positive.fold((f64::INFINITY, 0.0), |(lo, hi), t| (lo.min(t), hi.max(t)))
    }

    pub(super) fn times(&self) -> impl Iterator<Item = f64> + '_ {
        self.studies
            .iter()
            .flat_map(|s| &s.arms)
            .flat_map(|a| a.times.iter().copied())
    }

    /// The data without one study; `None` when nothing comparable is left.
    pub(super) fn without(&self, study: usize) -> Option<Longitudinal> {
        let mut studies = self.studies.clone();
        if study >= studies.len() {
            return None;
        }
        studies.remove(study);
        let used: BTreeSet<usize> = studies
            .iter()
            .flat_map(|s| &s.arms)
            .map(|a| a.treatment)
            .collect();
        if used.len() < self.treatments.len() {
            return None;
        }
        connected(&studies, &self.treatments).ok()?;
        Some(Longitudinal {
            studies,
            treatments: self.treatments.clone(),
            notes: Vec::new(),
        })
    }
}

fn check(visit: &TimeVisit, index: usize) -> Result<(), TimecourseError> {
    let bad = |what, found| {
        Err(TimecourseError::BadNumber {
            study: visit.study.clone(),
            arm: visit.arm.clone(),
            what,
            found,
            index,
        })
    };
    if visit.time < 0.0 {
        return Err(TimecourseError::BeforeBaseline {
            study: visit.study.clone(),
            arm: visit.arm.clone(),
            time: visit.time,
            index,
        });
    }
    match visit {
        v if !v.time.is_finite() => bad("the time", v.time),
        v if !v.mean.is_finite() => bad("the mean", v.mean),
        v if !(v.se.is_finite() && v.se > 0.0 && (v.se * v.se).is_normal()) => {
            bad("the standard error", v.se)
        }
        v if v.n.is_some_and(|n| !(n.is_finite() && n > 0.0)) => {
            bad("the number of people", v.n.unwrap_or(f64::NAN))
        }
        v if v.dose.is_some_and(|d| !(d.is_finite() && d >= 0.0)) => {
            bad("the dose", v.dose.unwrap_or(f64::NAN))
        }
        _ => Ok(()),
    }
}

/// Rows of each arm in order of time; arms in order of appearance.
fn arms_of(visits: &[TimeVisit], rows: &[usize]) -> Result<Vec<Vec<usize>>, TimecourseError> {
    let mut arms: Vec<(&str, Vec<usize>)> = Vec::new();
    for &index in rows {
        let Some(visit) = visits.get(index) else { continue };
        match arms.iter_mut().find(|(name, _)| *name == visit.arm) {
            None => arms.push((&visit.arm, vec![index])),
            Some((_, rows)) => {
                for other in rows.iter().filter_map(|&i| visits.get(i).map(|v| (i, v))) {
                    if other.1.time == visit.time {
                        return Err(TimecourseError::Duplicate {
                            study: visit.study.clone(),
                            arm: visit.arm.clone(),
                            time: visit.time,
                            index,
                            first: other.0,
                        });
                    }
                    if other.1.treatment != visit.treatment {
                        return Err(TimecourseError::ArmChangesTreatment {
                            study: visit.study.clone(),
                            arm: visit.arm.clone(),
                            first: other.1.treatment.clone(),
                            second: visit.treatment.clone(),
                            index,
                        });
                    }
                }
                rows.push(index);
            }
        }
    }
    let time = |i: &usize| visits.get(*i).map_or(0.0, |v| v.time);
    Ok(arms
        .into_iter()
        .map(|(_, mut rows)| {
            rows.sort_by(|a, b| time(a).total_cmp(&time(b)));
            rows
        })
        .collect())
}

/// A study whose first visit comes after the last visit of every other study may be in another unit.
fn overlap(visits: &[TimeVisit], kept: &[(&str, Vec<Vec<usize>>)], notes: &mut Vec<DataNote>) {
    let range = |arms: &[Vec<usize>]| {
        let times = arms
            .iter()
            .flatten()
            .filter_map(|&i| visits.get(i))
            .map(|v| v.time)
            .filter(|&t| t > 0.0);
        times.fold((f64::INFINITY, 0.0f64), |(lo, hi), t| (lo.min(t), hi.max(t)))
    };
    for (i, (study, arms)) in kept.iter().enumerate() {
        let others = kept
            .iter()
            .enumerate()
            .filter(|(j, _)| *j != i)
            .map(|(_, (_, arms))| range(arms));
        let (lowest, highest) =
            others.fold((f64::INFINITY, 0.0f64), |(a, b), (lo, hi)| (a.min(lo), b.max(hi)));
        let (first, last) = range(arms);
        if kept.len() > 1 && highest > 0.0 && (first > highest || last < lowest) {
            notes.push(DataNote {
                code: "time_unit",
                study: (*study).to_owned(),
                message: format!(
                    "its visits ({first} to {last}) do not overlap those of any other study ({lowest} to {highest}): \
                     are all times in one unit?"
                ),
            });
        }
    }
}

fn built(visits: &[TimeVisit], name: &str, arms: &[Vec<usize>], treatments: &[String]) -> StudyArms {
    let arms = arms.iter().map(|rows| {
        let of: Vec<&TimeVisit> = rows.iter().filter_map(|&i| visits.get(i)).collect();
        let first = of.first();
        ArmVisits {
            name: first.map_or_else(String::new, |v| v.arm.clone()),
            treatment: first
                .and_then(|v| treatments.iter().position(|t| *t == v.treatment))
                .unwrap_or(0),
            dose: first.and_then(|v| v.dose).unwrap_or(0.0),
            doses: Vec::new(),
            rows: rows.clone(),
            times: of.iter().map(|v| v.time).collect(),
            means: of.iter().map(|v| v.mean).collect(),
            ses: of.iter().map(|v| v.se).collect(),
            ns: of.iter().map(|v| v.n).collect(),
        }
    });
    StudyArms {
        name: name.to_owned(),
        arms: arms.collect(),
    }
}

fn connected(studies: &[StudyArms], treatments: &[String]) -> Result<(), TimecourseError> {
    let mut reached = BTreeSet::from([0usize]);
    loop {
        let before = reached.len();
        for study in studies {
            if study.arms.iter().any(|a| reached.contains(&a.treatment)) {
                reached.extend(study.arms.iter().map(|a| a.treatment));
            }
        }
        if reached.len() == before {
            break;
        }
    }
    let apart: Vec<String> = treatments
        .iter()
        .enumerate()
        .filter(|(i, _)| !reached.contains(i))
        .map(|(_, t)| t.clone())
        .collect();
    if apart.is_empty() {
        Ok(())
    } else {
        Err(TimecourseError::Disconnected { treatments: apart })
    }
}
