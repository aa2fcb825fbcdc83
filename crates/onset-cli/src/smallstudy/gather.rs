//! From loaded effects to the answer.

use super::SmallStudyArgs;
use super::answer::{
    Answer, Conditional, Contour, Funnel, FunnelStudy, SelectionEntry, TestEntry, TrimFillEntry,
};
use crate::load::LoadedEffects;
use onset::data::Diagnostic;
use onset::effects::{Effects, Input, Measure};
use onset::math::normal;
use onset::models::pool::{Counts, Options, PredictionChoice, Test, henmi_copas, pool};
use onset::models::smallstudy::selection::{SelectionOptions, Side, WeightFunction, select};
use onset::models::smallstudy::{
    Asymmetry, AsymmetryKind, Chosen, CopasOptions, ENOUGH_STUDIES, FailSafeKind, Groups, PUniformOptions,
    SmallStudyError, Tables, TrimFillEstimator, begg, conditional, copas, deeks, egger, excess_significance,
    fail_safe, harbord, limit, macaskill, p_uniform, peese, pet, peters, pustejovsky, schwarzer,
    thompson_sharp, trim_fill, worst_case,
};

/// Significance of a study, and one-sided level of PET in PET-PEESE.
const ALPHA: f64 = 0.05;
const CONTOURS: [f64; 3] = [0.1, 0.05, 0.01];

/// Everything that can be said; what cannot is null, and named in the warnings.
///
/// # Errors
/// `model_refused` below three studies.
pub fn gather(
    loaded: &LoadedEffects,
    model: &SmallStudyArgs,
    warnings: &mut Vec<Diagnostic>,
) -> Result<Answer, Diagnostic> {
    let rows = loaded.complete();
    let effects = loaded.effects(&rows)?;
    let k = effects.k();
    if k < 3 {
        return Err(
            refused(loaded, &SmallStudyError::TooFewStudies { found: k, needed: 3 })
                .hint("small-study effects are looked for from ten studies on; two cannot show any"),
        );
    }
    let options = Options {
        method: model.method,
        level: model.level,
        tau2_interval: None,
        prediction: PredictionChoice::Omit,
        ..Options::default()
    }
    .with_test(Test::Z);
    let pooled = pool(&effects, &options)
        .map_err(|e| refused(loaded, &e.into()))?
        .value;
    let positive = pooled.mean.estimate >= 0.0;
    let by_sign = if positive { Side::Greater } else { Side::Less };
    let side = model.side.map_or(by_sign, Side::from);
    if k < ENOUGH_STUDIES {
        let text = format!(
            "{k} studies: tests and adjustments of small-study effects have little power and can mislead below \
             {ENOUGH_STUDIES}"
        );
        warnings.push(Diagnostic::warning("few_studies", text));
    }
    let mut notes = Notes { loaded, warnings };
    let tests = tests(loaded, &rows, &effects, &options, &mut notes);
    let pet = notes.keep("PET", pet(&effects, model.level));
    let peese = notes.keep("PEESE", peese(&effects, model.level));
    // the favoured direction decides what counts as an effect
    let favoured = match side {
        Side::Greater => true,
        Side::Less => false,
        Side::Two => positive,
    };
    let chosen = pet.as_ref().zip(peese.as_ref()).map(|(pet, peese)| {
        let (chosen, mean) = match conditional(pet, favoured, ALPHA) {
            Chosen::Pet => ("pet", pet.estimate),
            Chosen::Peese => ("peese", peese.estimate),
        };
        Conditional {
            chosen,
            alpha: ALPHA,
            mean: mean.into(),
        }
    });
    let trim_fill = TrimFillEstimator::ALL.map(|estimator| {
        let name = format!("trim and fill {}", estimator.code());
        let found = notes.keep(&name, trim_fill(&effects, estimator, &options));
        if found.as_ref().is_some_and(|found| !found.converged) {
            notes.warn("not_converged", format!("{name} did not come to rest"));
        }
        found.map_or_else(
            || TrimFillEntry::absent(estimator.code()),
            |found| TrimFillEntry::new(&found),
        )
    });
    let fail_safe = FailSafeKind::ALL.map(|kind| {
        notes
            .keep(
                &format!("fail-safe N ({})", kind.code()),
                fail_safe(&effects, kind, ALPHA, None, &options),
            )
            .map_or(
                super::answer::FailSafeEntry {
                    kind: kind.code(),
                    n: None,
                },
                Into::into,
            )
    });
    let copas_options = CopasOptions {
        level: model.level,
        ..CopasOptions::default()
    };
    let copas = notes.keep("the Copas model", copas(&effects, &copas_options));
    let ended = |kind: &str| kind != "not_converged";
    if let Some(found) = &copas {
        let fits = || found.line.iter().chain(&found.grid);
        let failed = fits().filter(|fit| !ended(fit.solution.kind())).count();
        if failed > 0 {
            notes.warn(
                "not_converged",
                format!(
                    "the Copas model did not converge at {failed} of {} selections: its estimates there are where the search stopped",
                    fits().count()
                ),
            );
        }
    }
    let uniform = PUniformOptions {
        positive: favoured,
        alpha: ALPHA,
        level: model.level,
    };
    let uniform = notes.keep("p-uniform*", p_uniform(&effects, &uniform));
    if uniform.is_some_and(|found| !ended(found.solution.kind())) {
        notes.warn(
            "not_converged",
            "p-uniform* did not converge: its estimates are where the search stopped".to_owned(),
        );
    }
    let robust = henmi_copas(&effects, model.level).map_err(SmallStudyError::from);
    Ok(Answer {
        k,
        method: model.method.code(),
        level: model.level,
        side: side.code(),
        unadjusted: pooled.mean.into(),
        tests,
        trim_fill: trim_fill.to_vec(),
        pet: pet.map(Into::into),
        peese: peese.map(Into::into),
        pet_peese: chosen,
        limit: notes
            .keep("the limit meta-analysis", limit(&effects, &options))
            .map(Into::into),
        henmi_copas: notes.keep("Henmi-Copas", robust).map(Into::into),
        fail_safe: fail_safe.to_vec(),
        excess_significance: notes
            .keep("excess significance", excess_significance(&effects, ALPHA))
            .map(Into::into),
        worst_case: notes
            .keep("the worst case", worst_case(&effects, side, ALPHA, 0.0, &options))
            .map(Into::into),
        selection: model
            .selection
            .iter()
            .map(|function| selection(&effects, function, side, model, &mut notes))
            .collect(),
        copas: copas.as_ref().map(Into::into),
        p_uniform: uniform.map(Into::into),
        funnel: funnel(loaded),
        figures: None,
    })
}

/// Warnings on the way.
struct Notes<'a> {
    loaded: &'a LoadedEffects,
    warnings: &'a mut Vec<Diagnostic>,
}

impl Notes<'_> {
    fn warn(&mut self, code: &str, text: String) {
        self.warnings.push(Diagnostic::warning(code, text));
    }

    fn note(&mut self, code: &str, text: &str) {
        self.warnings.push(Diagnostic::note(code, text));
    }

    /// The result, or nothing and a warning that says why.
    fn keep<T>(&mut self, what: &str, found: Result<T, SmallStudyError>) -> Option<T> {
        found
            .map_err(|error| {
                let text = format!("{what} is not given: {error}");
                self.warnings
                    .push(Diagnostic::warning("not_estimable", text).file(self.loaded.table.name()));
            })
            .ok()
    }
}

fn tests(
    loaded: &LoadedEffects,
    rows: &[usize],
    effects: &Effects,
    options: &Options,
    notes: &mut Notes<'_>,
) -> Vec<TestEntry> {
    let k = effects.k();
    let mut all = Vec::new();
    let mut push =
        |notes: &mut Notes<'_>, kinds: &[AsymmetryKind], found: Result<Vec<Asymmetry>, SmallStudyError>| {
            match notes.keep(&format!("the test {}", kinds[0].code()), found) {
                Some(found) => all.extend(found.iter().map(TestEntry::new)),
                None => all.extend(kinds.iter().map(|kind| TestEntry::absent(*kind, k))),
            }
        };
    use AsymmetryKind as Kind;
    push(notes, &[Kind::Egger], egger(effects).map(|t| vec![t]));
    push(
        notes,
        &[Kind::EggerMixed, Kind::Thompson],
        thompson_sharp(effects, options).map(Vec::from),
    );
    push(
        notes,
        &[Kind::Begg, Kind::BeggNormal],
        begg(effects).map(Vec::from),
    );
    if let Some(counts) = counts(loaded, rows) {
        notes.note(
            "egger_on_counts",
            "the standard error of an effect of counts depends on the effect: Egger's and Thompson's tests can reject too often; Harbord or Peters are to be preferred",
        );
        match Tables::new(effects, &counts) {
            Err(error) => {
                notes.keep::<()>("tests of counts", Err(error));
            }
            Ok(tables) => {
                for label in tables.uninformative() {
                    let text =
                        "the study leaves the tests of counts: no events, or nothing else, in both groups";
                    notes
                        .warnings
                        .push(Diagnostic::warning("double_zero_left_out", text).study(label));
                }
                let one = |t: Result<Asymmetry, SmallStudyError>| t.map(|t| vec![t]);
                push(notes, &[Kind::Harbord], one(harbord(&tables)));
                push(notes, &[Kind::Peters], one(peters(&tables)));
                push(notes, &[Kind::Macaskill], one(macaskill(&tables)));
                push(notes, &[Kind::Schwarzer], one(schwarzer(&tables)));
                push(notes, &[Kind::Deeks], one(deeks(&tables)));
            }
        }
    }
    if standardised(loaded.measure) {
        let groups = group_sizes(loaded, rows);
        notes.note(
            "own_standard_error",
            "the standard error of a standardised mean difference contains the difference: Egger's, Begg's and Thompson's tests and PET use it and can reject too often; Pustejovsky's test uses the sample sizes",
        );
        if let Some(groups) = groups {
            let found = Groups::new(groups).and_then(|groups| pustejovsky(effects, &groups));
            push(notes, &[Kind::Pustejovsky], found.map(|t| vec![t]));
        }
    }
    all
}

fn standardised(measure: Measure) -> bool {
    matches!(measure.code(), "SMD" | "SMDH" | "SMD1" | "SMD1H")
}

fn group_sizes(loaded: &LoadedEffects, rows: &[usize]) -> Option<Vec<[f64; 2]>> {
    let size = |row: usize| {
        Some([
            loaded.inputs.get(Input::N1i, row)?,
            loaded.inputs.get(Input::N2i, row)?,
        ])
    };
    rows.iter().map(|&row| size(row)).collect()
}

/// The two-by-two tables of a measure of two groups, when every row has one.
fn counts(loaded: &LoadedEffects, rows: &[usize]) -> Option<Vec<Counts>> {
    if !matches!(loaded.measure.code(), "OR" | "RR" | "RD" | "AS" | "PETO") {
        return None;
    }
    let table = |row: usize| {
        let cells = loaded.inputs.cells(row)?.ok()?;
        Some(Counts {
            a: cells.a,
            b: cells.b,
            c: cells.c,
            d: cells.d,
        })
    };
    rows.iter().map(|&row| table(row)).collect()
}

fn selection(
    effects: &Effects,
    function: &WeightFunction,
    side: Side,
    model: &SmallStudyArgs,
    notes: &mut Notes<'_>,
) -> SelectionEntry {
    let options = SelectionOptions {
        fixed: (!model.delta.is_empty()).then(|| model.delta.clone()),
        at_most_one: model.delta_at_most_one,
        level: model.level,
        ..SelectionOptions::new(function.clone(), side)
    };
    let name = format!("the selection model {}", function.code());
    let absent = || SelectionEntry::absent(function.code(), side.code(), function.cuts().to_vec());
    let fit = match select(effects, &options) {
        Ok(fit) => fit,
        Err(error @ SmallStudyError::NotFinite { .. }) => {
            notes.warn("not_converged", format!("{name} did not converge: {error}"));
            return absent();
        }
        Err(error) => {
            notes.keep::<()>(&name, Err(error));
            return absent();
        }
    };
    if fit.solution.kind() == "not_converged" {
        notes.warn(
            "not_converged",
            format!("{name} did not converge: its estimates are where the search stopped"),
        );
    }
    if fit.wrong_direction() && options.fixed.is_none() {
        notes.warn(
            "selection_wrong_way",
            format!(
                "{name} finds less significant studies more likely to be published: the correction goes the wrong way. Hint: --delta-at-most-one"
            ),
        );
    }
    SelectionEntry::from(&fit)
}

fn funnel(loaded: &LoadedEffects) -> Funnel {
    let contours = CONTOURS.map(|p| Contour {
        p,
        z: normal::upper_quantile(0.5 * p),
    });
    let studies = loaded.rows.iter().map(|row| {
        let pair = row.pair();
        FunnelStudy {
            label: row.label.clone(),
            yi: row.yi,
            se: pair.map(|(_, v)| v.sqrt()),
            p: pair.map(|(y, v)| normal::two_sided_p(y / v.sqrt())),
        }
    });
    Funnel {
        contours: contours.to_vec(),
        studies: studies.collect(),
    }
}

fn refused(loaded: &LoadedEffects, error: &SmallStudyError) -> Diagnostic {
    Diagnostic::error("model_refused", error.to_string()).file(loaded.table.name())
}
