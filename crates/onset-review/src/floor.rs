//! How sure: every declared analysis of the headline result, and what the least favourable one still supports.

mod choice;
mod words;

pub(crate) use choice::{hash, parse};

use crate::answers::{Answer, Pool};
use crate::gather::Job;
use crate::index::Index;
use crate::protocol::{Floor, ForkKind, Model, Tau2};
use crate::run::{blank, is_headline};
use crate::size::{self, Member, checked};
use choice::{Choice, Studies, ordered};
use onset_effects::Effects;
use onset_models::floor::{
    Analysis, Bias, Estimator, Fitted, Target, beyond_range, fit_all, floor, fork_balanced, fork_effects,
};
use onset_models::pool::{Tau2Method, Test};
use serde::Serialize;

/// Tolerances at which the floor is reported: none, one analysis in twenty by weight, half.
const LAMBDAS: [f64; 3] = [0.0, 0.05, 0.5];

/// Every analysis of the declared set, and the floor.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct FloorReport {
    /// JSON Pointer of the pool it is about.
    pub pool: String,
    pub version: String,
    /// `sha256:...` of the declared set.
    pub hash: String,
    /// Whether the protocol holds this hash.
    pub frozen: bool,
    pub analyses: usize,
    pub fitted: usize,
    /// The floor by tolerance.
    pub floors: Vec<FloorAt>,
    /// Least and greatest P(mean effect beyond the important difference); never averaged.
    pub beyond: Option<Beyond>,
    /// What each option does.
    pub forks: Vec<ForkReport>,
    /// Every analysis, in the order of the declaration.
    pub curve: Vec<AnalysisReport>,
    /// Why there is no floor.
    pub why_not: Option<String>,
    pub protocol: Vec<String>,
}

/// The floor at one tolerance.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct FloorAt {
    pub lambda: f64,
    /// Analysis scale: the end towards no benefit of the interval that sets it.
    pub value: f64,
    /// As printed: ratios as ratios.
    pub shown: f64,
    /// Position in `curve` of the analysis that sets it.
    pub set_by: usize,
    /// That analysis in words.
    pub analysis: String,
}

/// The range of a probability over analyses.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct Beyond {
    pub least: f64,
    pub greatest: f64,
}

/// One fork.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct ForkReport {
    pub id: String,
    pub label: String,
    pub reason: String,
    pub options: Vec<OptionReport>,
    pub protocol: Vec<String>,
}

/// One option: the floor (lambda 0, analysis scale) with it alone, and without it.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct OptionReport {
    pub option: String,
    /// As a page prints it.
    pub label: String,
    pub fitted: usize,
    pub only: Option<f64>,
    pub without: Option<f64>,
}

/// One analysis.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[allow(missing_docs)]
pub struct AnalysisReport {
    /// One option a fork, in the order of `forks`; shorter where a fork no longer matters.
    pub options: Vec<String>,
    pub k: usize,
    pub weight: f64,
    /// Analysis scale.
    pub estimate: Option<f64>,
    pub lower: Option<f64>,
    pub upper: Option<f64>,
    pub beyond: Option<f64>,
    /// Why there is no result.
    pub why_not: Option<String>,
}

/// A fork with its options read.
struct Read<'a> {
    kind: ForkKind,
    reason: &'a str,
    options: Vec<(&'a str, Choice)>,
}

/// One way through the data forks.
struct Data {
    path: Vec<usize>,
    effects: Result<Effects, String>,
}

/// One way through all forks.
struct Way {
    path: Vec<usize>,
    data: usize,
    bias: Bias,
    estimator: Estimator,
}

/// The floor of the headline result; `None` where the protocol declares no set.
pub(crate) fn report(index: &Index<'_>, pools: &[Pool]) -> Option<FloorReport> {
    let declared = index.protocol.floor.as_ref()?;
    let position = pools.iter().position(|pool| is_headline(index, pool))?;
    let pool = pools.get(position)?;
    let hash = hash(index.protocol, declared);
    let mut report = FloorReport {
        pool: format!("/size/by/{position}"),
        version: declared.version.clone(),
        frozen: declared.frozen.as_ref() == Some(&hash),
        hash,
        analyses: 0,
        fitted: 0,
        floors: Vec::new(),
        beyond: None,
        forks: Vec::new(),
        curve: Vec::new(),
        why_not: None,
        protocol: vec!["floor".to_owned(), "review.headline".to_owned()],
    };
    match job(index) {
        Ok(job) => fill(&mut report, index, job, pool, declared),
        Err(why) => report.why_not = Some(why),
    }
    Some(report)
}

/// The headline's pool, to be gathered again.
fn job<'a>(index: &Index<'a>) -> Result<Job<'a>, String> {
    let headline = &index.protocol.review.headline;
    let comparison = index
        .protocol
        .comparison
        .iter()
        .find(|c| c.id == headline.comparison);
    let (Some(comparison), Some(outcome), Some(window)) = (
        comparison,
        index.outcome(&headline.outcome),
        index.window(&headline.window),
    ) else {
        return Err("The headline names no pool.".to_owned());
    };
    Ok(Job {
        comparison,
        outcome,
        window,
        measure: size::measure_of(&index.protocol.model, outcome),
    })
}

fn fill(report: &mut FloorReport, index: &Index<'_>, job: Job<'_>, pool: &Pool, declared: &Floor) {
    let forks = match read(declared, job) {
        Ok(forks) => forks,
        Err(why) => {
            report.why_not = Some(why);
            return;
        }
    };
    let target = Target {
        lower_is_better: pool.direction == "lower is better",
        important: pool.important_difference.map_or(0.0, f64::abs),
        level: index.protocol.model.level,
    };
    let data = data(index, job, &forks);
    let ways = ways(&forks, &data, &index.protocol.model);
    let mut runnable: Vec<Analysis<'_>> = Vec::new();
    let mut place = Vec::new();
    for (i, way) in ways.iter().enumerate() {
        if let Some(Ok(effects)) = data.get(way.data).map(|data| data.effects.as_ref()) {
            runnable.push(Analysis {
                effects,
                estimator: way.estimator,
                bias: way.bias,
            });
            place.push(i);
        }
    }
    let mut results: Vec<Result<Fitted, String>> = ways
        .iter()
        .map(|way| match data.get(way.data).map(|data| &data.effects) {
            Some(Err(why)) => Err(why.clone()),
            _ => Err("No study is left.".to_owned()),
        })
        .collect();
    for (i, found) in place.into_iter().zip(fit_all(&runnable, &target)) {
        if let Some(slot) = results.get_mut(i) {
            *slot = found
                .map(|fitted| Fitted {
                    beyond: fitted.beyond.filter(|_| pool.important_difference.is_some()),
                    ..fitted
                })
                .map_err(|error| words::sentence(&error.to_string()));
        }
    }
    let paths: Vec<Vec<usize>> = ways.iter().map(|way| way.path.clone()).collect();
    let weights = fork_balanced(&paths);
    let weighted: Vec<(f64, Option<Fitted>)> = weights
        .iter()
        .zip(&results)
        .map(|(weight, result)| (*weight, result.as_ref().ok().copied()))
        .collect();
    let names = |path: &[usize]| -> Vec<String> {
        let chosen = path.iter().zip(&forks);
        chosen
            .filter_map(|(option, fork)| fork.options.get(*option).map(|(name, _)| (*name).to_owned()))
            .collect()
    };
    let label = |id: &str| {
        let study = index.studies.iter().find(|data| data.study.id == id);
        study.map_or_else(|| id.to_owned(), |data| data.study.label.clone())
    };
    let said = |kind: ForkKind, option: &str| words::said(kind, option, label);
    report.analyses = ways.len();
    report.fitted = results.iter().filter(|result| result.is_ok()).count();
    report.curve = ways
        .iter()
        .zip(&weights)
        .zip(&results)
        .map(|((way, weight), result)| {
            let fitted = result.as_ref().ok();
            AnalysisReport {
                options: names(&way.path),
                k: data
                    .get(way.data)
                    .and_then(|data| data.effects.as_ref().ok())
                    .map_or(0, Effects::k),
                weight: *weight,
                estimate: fitted.map(|f| f.estimate),
                lower: fitted.map(|f| f.lower),
                upper: fitted.map(|f| f.upper),
                beyond: fitted.and_then(|f| f.beyond),
                why_not: result.as_ref().err().cloned(),
            }
        })
        .collect();
    report.floors = LAMBDAS
        .iter()
        .filter_map(|&lambda| floor(&weighted, &target, lambda))
        .map(|found| FloorAt {
            lambda: found.lambda,
            value: found.value,
            shown: crate::effect::shown_value(job.measure, found.value),
            set_by: found.set_by,
            analysis: ways.get(found.set_by).map_or_else(String::new, |way| {
                let chosen = forks.iter().zip(names(&way.path));
                words::analysis(chosen.map(|(fork, name)| said(fork.kind, &name)))
            }),
        })
        .collect();
    report.beyond = beyond_range(&weighted).map(|(least, greatest)| Beyond { least, greatest });
    let effects = fork_effects(&weighted, &paths, &target);
    report.forks = forks
        .iter()
        .enumerate()
        .map(|(i, fork)| ForkReport {
            id: fork.kind.code().to_owned(),
            label: fork.kind.label().to_owned(),
            reason: fork.reason.to_owned(),
            options: fork
                .options
                .iter()
                .enumerate()
                .map(|(j, (name, _))| {
                    let effect = effects.iter().find(|e| e.fork == i && e.option == j);
                    OptionReport {
                        option: (*name).to_owned(),
                        label: said(fork.kind, name),
                        fitted: effect.map_or(0, |e| e.fitted),
                        only: effect.and_then(|e| e.only),
                        without: effect.and_then(|e| e.without),
                    }
                })
                .collect(),
            protocol: vec![format!("floor.fork.{}", fork.kind.code())],
        })
        .collect();
    if report.floors.is_empty() {
        report.why_not = Some("None of the declared analyses could be fitted.".to_owned());
    }
}

fn read<'a>(declared: &'a Floor, job: Job<'_>) -> Result<Vec<Read<'a>>, String> {
    ordered(declared)
        .into_iter()
        .map(|fork| {
            let options = fork
                .options
                .iter()
                .map(|option| {
                    parse(fork.id, option, job.measure, job.outcome)
                        .map(|choice| (option.as_str(), choice))
                        .map_err(|allowed| format!("'{option}' is no option; allowed: {allowed}."))
                })
                .collect::<Result<_, _>>()?;
            Ok(Read {
                kind: fork.id,
                reason: &fork.reason,
                options,
            })
        })
        .collect()
}

/// The effects at the end of every way through the data forks, each gathered again from the rows.
fn data(index: &Index<'_>, job: Job<'_>, forks: &[Read<'_>]) -> Vec<Data> {
    let mut paths: Vec<Vec<usize>> = vec![Vec::new()];
    for fork in forks.iter().filter(|fork| is_data(fork.kind)) {
        paths = paths
            .iter()
            .flat_map(|path| {
                (0..fork.options.len()).map(move |option| [path.as_slice(), [option].as_slice()].concat())
            })
            .collect();
    }
    paths
        .into_iter()
        .map(|path| Data {
            effects: effects(index, job, forks, &path),
            path,
        })
        .collect()
}

fn is_data(kind: ForkKind) -> bool {
    !matches!(kind, ForkKind::Bias | ForkKind::Model | ForkKind::Interval)
}

fn effects(index: &Index<'_>, job: Job<'_>, forks: &[Read<'_>], path: &[usize]) -> Result<Effects, String> {
    let mut model: Model = index.protocol.model.clone();
    let mut job = job;
    let mut studies = &Studies::All;
    for (fork, option) in forks.iter().zip(path) {
        match fork.options.get(*option).map(|(_, choice)| choice) {
            Some(Choice::Studies(which)) => studies = which,
            Some(Choice::Effect(measure)) => job.measure = *measure,
            Some(Choice::Correlation(rho)) => model.crossover.correlation = *rho,
            Some(Choice::Rows(first)) => {
                model.sets.retain(|set| set != first);
                model.sets.insert(0, first.clone());
            }
            _ => {}
        }
    }
    let gathered = size::gather(index, job, &model);
    let kept: Vec<Member<'_>> = gathered
        .members
        .into_iter()
        .filter(|member| keeps(studies, member))
        .collect();
    if kept.is_empty() {
        return Err("No study is left.".to_owned());
    }
    checked(&kept)
}

fn keeps(studies: &Studies, member: &Member<'_>) -> bool {
    match studies {
        Studies::All => true,
        Studies::WithoutHighRisk => !member
            .data
            .risk_of_bias
            .iter()
            .any(|row| row.judgement.eq_ignore_ascii_case("high")),
        Studies::WithoutCrossovers => member.data.study.design != onset_data::evidence::Design::Crossover,
        Studies::Without(ids) => !ids.contains(&member.data.study.id),
    }
}

/// Every way on from the data: a treatment of publication bias that replaces the model ends there, a Bayesian model has no
/// test.
fn ways(forks: &[Read<'_>], data: &[Data], model: &Model) -> Vec<Way> {
    let options = |kind: ForkKind| -> Vec<Option<(usize, &Choice)>> {
        match forks.iter().find(|fork| fork.kind == kind) {
            Some(fork) => fork
                .options
                .iter()
                .enumerate()
                .map(|(i, (_, choice))| Some((i, choice)))
                .collect(),
            None => vec![None],
        }
    };
    let usual = Tau2Method::from_code(match model.tau2 {
        Tau2::REML => "REML",
        Tau2::DL => "DL",
        Tau2::PM => "PM",
    })
    .unwrap_or(Tau2Method::Reml);
    let usual_test = match model.interval {
        crate::protocol::IntervalMethod::HartungKnapp => None,
        crate::protocol::IntervalMethod::Wald => Some(Test::Z),
    };
    let mut ways = Vec::new();
    for (at, data) in data.iter().enumerate() {
        for bias in options(ForkKind::Bias) {
            let mut path = data.path.clone();
            path.extend(bias.map(|(i, _)| i));
            let bias = match bias {
                Some((_, Choice::Bias(bias))) => *bias,
                _ => Bias::Ignored,
            };
            if bias.replaces_model() {
                ways.push(Way {
                    path,
                    data: at,
                    bias,
                    estimator: Estimator::Random(usual, usual_test),
                });
                continue;
            }
            for choice in options(ForkKind::Model) {
                let mut path = path.clone();
                path.extend(choice.map(|(i, _)| i));
                let estimator = match choice {
                    Some((_, Choice::Model(estimator))) => *estimator,
                    _ => Estimator::Random(usual, usual_test),
                };
                let Estimator::Random(method, _) = estimator else {
                    if bias == Bias::Ignored {
                        ways.push(Way {
                            path,
                            data: at,
                            bias,
                            estimator,
                        });
                    }
                    continue;
                };
                for test in options(ForkKind::Interval) {
                    let mut path = path.clone();
                    path.extend(test.map(|(i, _)| i));
                    let test = match test {
                        Some((_, Choice::Interval(test))) => Some(*test),
                        _ => usual_test,
                    };
                    ways.push(Way {
                        path,
                        data: at,
                        bias,
                        estimator: Estimator::Random(method, test),
                    });
                }
            }
        }
    }
    ways
}

/// The answer: what the least favourable of the declared analyses still supports.
pub(crate) fn answer(report: Option<&FloorReport>, pools: &[Pool]) -> Answer {
    let mut answer = Answer {
        protocol: vec!["review.headline".to_owned()],
        ..blank("How sure?")
    };
    let Some(report) = report else {
        answer.sentence = "Certainty has not been rated.".to_owned();
        answer.why_not = Some(
            "A floor needs the defensible analyses of the headline result to be declared, and this protocol declares none."
                .to_owned(),
        );
        return answer;
    };
    answer.protocol.push("floor".to_owned());
    let pool = report
        .pool
        .rsplit('/')
        .next()
        .and_then(|i| i.parse::<usize>().ok())
        .and_then(|i| pools.get(i));
    answer.pool = Some(report.pool.clone());
    if let Some(pool) = pool {
        (answer.k, answer.n) = (pool.k, pool.n);
    }
    match (pool, &report.why_not) {
        (Some(pool), None) => answer.sentence = words::answer(report, pool),
        (_, why) => {
            answer.sentence = "None of the declared analyses has a result.".to_owned();
            answer.why_not = why.clone();
        }
    }
    answer.assumptions = words::assumptions(report);
    answer
}
