//! Pools as meta and Review Manager 5 make them by default: Mantel-Haenszel with the half added, and
//! DerSimonian-Laird around the Mantel-Haenszel estimate.

use super::answer::{Answer, PredictionEntry, SubgroupEntry, SubgroupsEntry, Transformed};
use super::fit::{between, beyond, counts, levels_of, of_strata, refused, studies, subgroup_levels};
use super::{MethodArg, Model, ModelArgs, flags};
use crate::arguments::{EffectArgs, usage};
use crate::load::LoadedEffects;
use crate::transform::Back;
use onset::data::Diagnostic;
use onset::effects::Measure;
use onset::effects::programs::{Program, pools_by_mantel_haenszel, troubles};
use onset::models::pool::{
    CountMeasure, Counts, Method, Options, Pooled, Prediction, PredictionChoice, PredictionKind,
    StrataOptions, Stratified, Tau2IntervalKind, Tau2Method, Test, dersimonian_laird_around, mantel_haenszel,
    pool,
};

/// The prediction interval that a program prints.
pub fn prediction(program: Option<Program>) -> PredictionChoice {
    match program {
        None => PredictionChoice::Guarded,
        Some(Program::Metafor) => PredictionChoice::Kind(PredictionKind::S),
        Some(Program::Meta) => PredictionChoice::Kind(PredictionKind::V),
        Some(Program::RevMan5) => PredictionChoice::Omit,
    }
}

/// The method: DerSimonian-Laird is Review Manager's for random effects.
///
/// # Errors
/// `usage`.
pub fn method(program: Option<Program>, model: &ModelArgs) -> Result<MethodArg, Diagnostic> {
    match (program, model.method, model.model) {
        (Some(Program::RevMan5), None, None | Some(Model::Random)) => {
            Ok(MethodArg::Inverse(Method::Random(Tau2Method::Dl), "DL"))
        }
        _ => model.method(),
    }
}

/// The interval of tau2: none in Review Manager.
pub fn tau2_interval(program: Option<Program>, model: &ModelArgs) -> Option<Tau2IntervalKind> {
    match (program, model.tau2_ci) {
        (Some(Program::RevMan5), None) => None,
        _ => model.tau2_interval(),
    }
}

/// meta and Review Manager print I2 and H2 from Q.
pub fn inconsistency(program: Option<Program>, answer: &mut Answer) {
    let other = answer.q_moderators.is_some() || answer.tau2_test.is_some() || answer.rho.is_some();
    if !matches!(program, Some(Program::Meta | Program::RevMan5)) || other {
        return;
    }
    let of = |q: onset::models::pool::QTest| {
        let i2 = if q.value > 0.0 {
            (100.0 * (q.value - q.df) / q.value).max(0.0)
        } else {
            0.0
        };
        (
            i2,
            if q.df > 0.0 {
                (q.value / q.df).max(1.0)
            } else {
                1.0
            },
        )
    };
    if let Some(q) = answer.q {
        let (i2, h2) = of(q);
        (answer.i2, answer.h2) = (Some(i2), Some(h2));
    }
    for group in answer.subgroups.iter_mut().flat_map(|s| s.groups.iter_mut()) {
        (group.i2, group.h2) = of(group.q);
    }
}

enum Way {
    MantelHaenszel,
    /// DerSimonian-Laird around it.
    Around,
}

/// The answer where the program's default is neither inverse variance nor this program's own; `None` elsewhere.
///
/// # Errors
/// `usage`, `model_refused`.
pub fn answer(
    loaded: &LoadedEffects,
    effects: &EffectArgs,
    model: &ModelArgs,
    warnings: &mut Vec<Diagnostic>,
) -> Result<Option<Answer>, Diagnostic> {
    let Some(program) = loaded.compat.filter(|p| *p != Program::Metafor) else {
        return Ok(None);
    };
    let plain = effects.yi.is_none()
        && pools_by_mantel_haenszel(loaded.measure)
        && model.mods.is_empty()
        && model.scale.is_empty()
        && !model.mh_add
        && effects.add.is_none()
        && effects.to.is_none();
    let way = match (model.method, model.model) {
        _ if !plain => return Ok(None),
        (Some(MethodArg::MantelHaenszel), _) | (None, Some(Model::Common)) => Way::MantelHaenszel,
        (None | Some(MethodArg::Inverse(Method::Random(Tau2Method::Dl), _)), _)
            if program == Program::RevMan5 =>
        {
            Way::Around
        }
        _ => return Ok(None),
    };
    match way {
        Way::MantelHaenszel => flags::one_effect(model, "MH")?,
        Way::Around => check(model)?,
    }
    let (mut rows, tables) = tables(loaded, program);
    if let Some(column) = &model.subgroup {
        subgroup_levels(loaded, column, &mut rows, warnings)?;
    }
    let job = Job {
        program,
        loaded,
        model,
        rows: &rows,
        tables: &tables,
    };
    let mut answer = job.answer(&way, warnings)?;
    if let Some(column) = &model.subgroup {
        answer.subgroups = Some(job.subgroups(&way, column)?);
    }
    Ok(Some(answer))
}

/// Flags of random effects around the Mantel-Haenszel estimate.
fn check(model: &ModelArgs) -> Result<(), Diagnostic> {
    let refuse = |flag: &str| {
        Err(usage(format!(
            "{flag} has no counterpart in Review Manager 5's random effects"
        ))
        .hint("leave --compat out"))
    };
    if !matches!(model.test, None | Some(Test::Z)) {
        return refuse("this --test");
    }
    if model.tau2_kind().is_some() {
        return refuse("--tau2-ci");
    }
    if model.common_tau2 {
        return refuse("--common-tau2");
    }
    match model.predict_type {
        None | Some(PredictionKind::Hts | PredictionKind::V | PredictionKind::S) => Ok(()),
        Some(_) => refuse("this --predict-type"),
    }
}

/// Rows with the tables that the program pools, by row.
fn tables(loaded: &LoadedEffects, program: Program) -> (Vec<usize>, Vec<(usize, Counts)>) {
    let ratio = loaded.measure != Measure::RiskDifference;
    let (rows, raw) = counts(loaded, ratio);
    let half = |t: Counts| {
        let cells = [t.a, t.b, t.c, t.d];
        let add = match program {
            Program::RevMan5 => troubles(loaded.measure, cells),
            _ => cells.contains(&0.0),
        };
        let x = if add { 0.5 } else { 0.0 };
        Counts {
            a: t.a + x,
            b: t.b + x,
            c: t.c + x,
            d: t.d + x,
        }
    };
    let tables = rows.iter().copied().zip(raw.into_iter().map(half)).collect();
    (rows, tables)
}

/// Tables to pool, and how.
struct Job<'a> {
    program: Program,
    loaded: &'a LoadedEffects,
    model: &'a ModelArgs,
    rows: &'a [usize],
    tables: &'a [(usize, Counts)],
}

impl Job<'_> {
    /// The Mantel-Haenszel estimate of the rows, and DerSimonian-Laird with the program's Q.
    fn both(
        &self,
        rows: &[usize],
        warnings: &mut Vec<Diagnostic>,
    ) -> Result<(Stratified, Pooled), Diagnostic> {
        let measure = match self.loaded.measure {
            Measure::OddsRatio => CountMeasure::OddsRatio,
            Measure::RiskRatio => CountMeasure::RiskRatio,
            _ => CountMeasure::RiskDifference,
        };
        let level = self.model.level;
        let tables: Vec<Counts> = self
            .tables
            .iter()
            .filter(|(row, _)| rows.binary_search(row).is_ok())
            .map(|(_, t)| *t)
            .collect();
        let fixed = mantel_haenszel(&tables, measure, &StrataOptions { level, add: None });
        let fixed = fixed.map_err(|e| refused(self.loaded, &e))?;
        let effects = self.loaded.effects(rows)?;
        let centre = match self.program {
            Program::RevMan5 => fixed.mean.estimate,
            // meta takes Q around the Mantel-Haenszel estimate with DerSimonian-Laird alone
            _ => {
                pool(&effects, &Options::common())
                    .map_err(|e| refused(self.loaded, &e))?
                    .value
                    .mean
                    .estimate
            }
        };
        let random = dersimonian_laird_around(&effects, centre, level);
        let random = random.map_err(|e| refused(self.loaded, &e))?;
        warnings.extend(random.warnings);
        Ok((fixed, random.value))
    }

    fn answer(&self, way: &Way, warnings: &mut Vec<Diagnostic>) -> Result<Answer, Diagnostic> {
        let mut idle = Vec::new();
        let (fixed, random) = self.both(self.rows, &mut idle)?;
        let back = Back::new(self.loaded.measure, &self.loaded.inputs, self.rows);
        if let Way::MantelHaenszel = way {
            let mut answer = of_strata(self.loaded, &fixed, "MH", self.model.level, self.rows);
            (answer.q, answer.fit) = (Some(random.q), Some(random.fit));
            return Ok(answer);
        }
        warnings.extend(idle);
        let mut answer = Answer::of_mean(&random, "DL", &back);
        answer.studies = studies(self.loaded, self.rows, &random.weights);
        answer.beyond = beyond(self.loaded, &random, self.model.threshold, warnings)?;
        if let Some(kind) = self.model.predict_type {
            let (mean, level) = (&random.mean, self.model.level);
            let found = Prediction::wald(
                kind,
                mean.estimate,
                mean.standard_error,
                random.tau2.value,
                random.k,
                level,
            );
            answer.prediction = found.map(|p| PredictionEntry::new(&p, &back));
        }
        Ok(answer)
    }

    fn subgroups(&self, way: &Way, column: &str) -> Result<SubgroupsEntry, Diagnostic> {
        let mut groups = Vec::new();
        for (level, members) in levels_of(self.loaded, column, self.rows)? {
            let (fixed, random) = self.both(&members, &mut Vec::new())?;
            let back = Back::new(self.loaded.measure, &self.loaded.inputs, &members);
            let (mean, tau2) = match way {
                Way::MantelHaenszel => (&fixed.mean, 0.0),
                Way::Around => (&random.mean, random.tau2.value),
            };
            groups.push(SubgroupEntry {
                k: members.len(),
                test: "z",
                mean: (*mean).into(),
                transformed: Transformed::of(mean, Some(&back)),
                tau2,
                se_tau2: None,
                i2: random.i2,
                h2: random.h2,
                q: random.q,
                level,
            });
        }
        Ok(SubgroupsEntry {
            column: column.to_owned(),
            common_tau2: false,
            between: between(&groups),
            groups,
        })
    }
}
