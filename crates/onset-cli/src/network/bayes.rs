//! `onset network --bayes`: the posterior beside the league.

use super::models::Setting;
use crate::output::{Cell, Sheet};
use clap::Args;
use onset::data::Diagnostic;
use onset::models::bayes::{MuPrior, Summary, TauPrior};
use onset::models::network::{
    BayesNetworkOptions, BayesNma, BayesPair, NetworkError, SmallValues, bayes_network,
};
use serde::Serialize;
use std::collections::BTreeMap;

/// Priors of a network.
#[derive(Debug, Clone, Args)]
pub struct BayesArgs {
    /// Posterior of every comparison under --tau-prior, integrated by quadrature; with --rankogram its ranks too
    #[arg(long, requires = "tau_prior")]
    pub bayes: bool,
    /// Prior on tau, with --bayes: halfnormal:SCALE, halfcauchy:SCALE, uniform, uniform:UPPER, jeffreys,
    /// lognormal:LOCATION:SCALE, logt:LOCATION:SCALE, rhodes2015:OUTCOME:COMPARISON or
    /// turner2015:OUTCOME:COMPARISON (such as rhodes2015:mental-health:pharm-v-placebo)
    #[arg(long, value_name = "PRIOR", requires = "bayes", value_parser = crate::bayes::tau_prior)]
    tau_prior: Option<TauPrior>,
    /// Prior on the effect of every other treatment minus the reference, with --bayes: flat or normal:MEAN:SD
    #[arg(long, value_name = "PRIOR", default_value = "flat", allow_hyphen_values = true, requires = "bayes", value_parser = crate::bayes::mu_prior)]
    mu_prior: MuPrior,
    /// Threshold of prob_beyond, with --bayes: the side away from 0 is counted, above it for 0
    #[arg(
        long,
        value_name = "NUMBER",
        default_value_t = 0.0,
        allow_hyphen_values = true,
        requires = "bayes"
    )]
    threshold: f64,
}

type Grid = Vec<Vec<Option<f64>>>;

/// Row minus column throughout.
#[derive(Serialize)]
pub struct Bayes {
    tau_prior: String,
    /// On the effect of every other treatment minus the reference.
    mu_prior: String,
    reference: String,
    level: f64,
    threshold: f64,
    tau: Summary,
    mean: Grid,
    sd: Grid,
    median: Grid,
    central: Limits,
    shortest: Limits,
    prediction: Limits,
    prob_beyond: Grid,
    prob_beyond_predictive: Grid,
    p_scores: BTreeMap<String, f64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    rankogram: Option<Ranks>,
    log_marginal: Option<f64>,
}

#[derive(Serialize)]
struct Limits {
    lower: Grid,
    upper: Grid,
}

#[derive(Serialize)]
struct Ranks {
    draws: usize,
    seed: u64,
    /// Of each treatment, from the best rank.
    probabilities: BTreeMap<String, Vec<f64>>,
}

/// What ranks need beside the setting.
pub struct Ranking {
    pub small_values: SmallValues,
    pub draws: usize,
    pub seed: u64,
}

/// Fits the model, where it is asked for.
///
/// # Errors
/// What the model refuses; `usage` for a threshold that is no number.
pub fn block(
    arguments: &BayesArgs,
    setting: &Setting<'_>,
    ranking: &Ranking,
    sheets: &mut Vec<Sheet>,
    refused: &dyn Fn(NetworkError) -> Diagnostic,
) -> Result<Option<Bayes>, Diagnostic> {
    let (true, Some(tau_prior)) = (arguments.bayes, arguments.tau_prior) else {
        return Ok(None);
    };
    if !arguments.threshold.is_finite() {
        return Err(crate::arguments::usage("--threshold takes a finite number"));
    }
    let options = BayesNetworkOptions {
        tau_prior,
        effect_prior: arguments.mu_prior,
        reference: setting.reference,
        small_values: ranking.small_values,
        level: setting.level,
        threshold: arguments.threshold,
        draws: ranking.draws,
        seed: ranking.seed,
    };
    let found = bayes_network(setting.network, &options).map_err(refused)?;
    sheets.extend(tables(&found, &options));
    Ok(Some(answer(&found, &options)))
}

/// Row minus column from pairs: `of` gives a minus b, then b minus a.
fn grid(found: &BayesNma, of: impl Fn(&BayesPair) -> [Option<f64>; 2], diagonal: Option<f64>) -> Grid {
    let n = found.treatments.len();
    let mut grid = vec![vec![diagonal; n]; n];
    for pair in &found.pairs {
        let [forwards, backwards] = of(pair);
        grid[pair.a][pair.b] = forwards;
        grid[pair.b][pair.a] = backwards;
    }
    grid
}

fn limits(found: &BayesNma, of: impl Fn(&BayesPair) -> (f64, f64)) -> Limits {
    let zero = Some(0.0);
    let lower = |pair: &BayesPair| [Some(of(pair).0), Some(-of(pair).1)];
    let upper = |pair: &BayesPair| [Some(of(pair).1), Some(-of(pair).0)];
    Limits {
        lower: grid(found, lower, zero),
        upper: grid(found, upper, zero),
    }
}

fn answer(found: &BayesNma, options: &BayesNetworkOptions) -> Bayes {
    let zero = Some(0.0);
    let signed = |x: Option<f64>| [x, x.map(|x| -x)];
    let both = |[a, b]: [f64; 2]| [Some(a), Some(b)];
    let named = found.treatments.iter().cloned();
    Bayes {
        tau_prior: options.tau_prior.code(),
        mu_prior: options.effect_prior.code(),
        reference: found.treatments[options.reference].clone(),
        level: options.level,
        threshold: options.threshold,
        tau: found.tau,
        mean: grid(found, |p| signed(p.effect.mean), zero),
        sd: grid(found, |p| [p.effect.sd; 2], zero),
        median: grid(found, |p| signed(Some(p.effect.median)), zero),
        central: limits(found, |p| p.effect.central),
        shortest: limits(found, |p| p.effect.shortest),
        prediction: limits(found, |p| p.prediction),
        prob_beyond: grid(found, |p| both(p.prob_beyond), None),
        prob_beyond_predictive: grid(found, |p| both(p.prob_beyond_predictive), None),
        p_scores: named.clone().zip(found.p_scores.iter().copied()).collect(),
        rankogram: found.ranks.as_ref().map(|ranks| Ranks {
            draws: options.draws,
            seed: options.seed,
            probabilities: named.zip(ranks.probability.iter().cloned()).collect(),
        }),
        log_marginal: found.log_marginal,
    }
}

/// The reference's comparisons, tau, and the ranks.
fn tables(found: &BayesNma, options: &BayesNetworkOptions) -> Vec<Sheet> {
    let names = &found.treatments;
    let title = format!(
        "Against {}, tau ~ {}, effects ~ {}",
        names[options.reference],
        options.tau_prior.code(),
        options.effect_prior.code()
    );
    let beyond = format!("beyond {}", options.threshold);
    let headers = [
        "treatment",
        "mean",
        "sd",
        "median",
        "lower",
        "upper",
        "new_lower",
        "new_upper",
        beyond.as_str(),
        "p_score",
    ];
    let mut effects = Sheet::new(&title, &headers);
    for (i, name) in names.iter().enumerate() {
        let pair = |p: &&BayesPair| (p.a, p.b) == (i.min(options.reference), i.max(options.reference));
        let Some(pair) = found.pairs.iter().find(pair) else {
            // the reference itself
            let mut cells: Vec<Cell> = vec![name.as_str().into()];
            cells.extend((0..8).map(|_| Cell::from(None::<f64>)));
            cells.push(found.p_scores[i].into());
            effects.push(cells);
            continue;
        };
        // a minus b, or the other way round
        let forwards = pair.a == i;
        let turn = |x: f64| if forwards { x } else { -x };
        let both = |(l, u): (f64, f64)| if forwards { (l, u) } else { (-u, -l) };
        let (central, new) = (both(pair.effect.central), both(pair.prediction));
        let cells: Vec<Cell> = vec![
            name.as_str().into(),
            pair.effect.mean.map(turn).into(),
            pair.effect.sd.into(),
            turn(pair.effect.median).into(),
            central.0.into(),
            central.1.into(),
            new.0.into(),
            new.1.into(),
            pair.prob_beyond[usize::from(!forwards)].into(),
            found.p_scores[i].into(),
        ];
        effects.push(cells);
    }
    let mut tau = Sheet::new(
        "Posterior of tau",
        &["what", "mean", "sd", "median", "lower", "upper"],
    );
    tau.push(vec![
        "tau".into(),
        found.tau.mean.into(),
        found.tau.sd.into(),
        found.tau.median.into(),
        found.tau.central.0.into(),
        found.tau.central.1.into(),
    ]);
    let mut sheets = vec![effects, tau];
    if let Some(ranks) = &found.ranks {
        let columns: Vec<String> = (1..=names.len()).map(|rank| rank.to_string()).collect();
        let mut headers = vec!["treatment"];
        headers.extend(columns.iter().map(String::as_str));
        let mut sheet = Sheet::new(
            &format!("Ranks, {} draws, seed {}", options.draws, options.seed),
            &headers,
        );
        for (name, shares) in names.iter().zip(&ranks.probability) {
            let mut cells: Vec<Cell> = vec![name.as_str().into()];
            cells.extend(shares.iter().map(|&share| Cell::from(share)));
            sheet.push(cells);
        }
        sheets.push(sheet);
    }
    sheets
}
