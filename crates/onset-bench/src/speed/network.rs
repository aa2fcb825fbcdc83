//! Networks in this process: one of the literature, and a large one of made data.

use super::{Limit, Row, median_nanoseconds};
use crate::Fallible;
use onset::data::Table;
use onset::math::random::Stream;
use onset::models::bayes::TauPrior;
use onset::models::network::{
    BayesNetworkOptions, ClassOptions, ComponentOptions, Contrast, Network, NetworkMethod, NetworkOptions,
    NetworkTest, Streams, bayes_network, class_effects, component_model, contribution, contribution_by,
    intervals, network_meta, side_splits,
};
use std::collections::BTreeMap;
use std::hint::black_box;

/// The diabetes network of Senn and others 2013: 10 treatments, 26 trials, one of them with three arms.
const SENN: &[u8] = include_bytes!("../../../../oracles/data/network_senn2013.csv");

/// Rows of networks: a small one with all outputs, a large one with and without contributions.
pub fn rows() -> Fallible<Vec<Row>> {
    let options = NetworkOptions::default();
    let contrasts = senn()?;
    let small = Network::new(&contrasts)?.value;
    let large = made(100, 1_000)?;
    let tau2 = network_meta(&small, &options)?.value.tau2;
    network_meta(&large, &options)?;
    let posterior = BayesNetworkOptions::new(TauPrior::HalfNormal { scale: 0.5 });
    bayes_network(&small, &posterior)?;
    let row = |name, median, budget| Row::nanoseconds(name, median, budget, Limit::Arithmetic);
    Ok(vec![
        row(
            "network senn2013, full outputs",
            median_nanoseconds(|| full(&contrasts, &options)),
            1e6,
        ),
        row(
            "network 100 treatments 1000 studies, fit and league",
            median_nanoseconds(|| network_meta(black_box(&large), &options)),
            2e8,
        ),
        row(
            "network 100 treatments 1000 studies, fit, league and contributions",
            median_nanoseconds(|| {
                let nma = network_meta(black_box(&large), &options);
                nma.map(|nma| contribution(&large, nma.value.tau2))
            }),
            2e9,
        ),
        row(
            "network senn2013, contributions by the shortest path",
            median_nanoseconds(|| contribution_by(black_box(&small), tau2, Streams::ShortestPath)),
            1e6,
        ),
        row(
            "network senn2013, every split by a model",
            median_nanoseconds(|| side_splits(black_box(&small), NetworkMethod::Reml)),
            2e7,
        ),
        row(
            "network senn2013, posterior of every comparison",
            median_nanoseconds(|| bayes_network(black_box(&small), &posterior)),
            1e7,
        ),
        row(
            "network senn2013, components",
            median_nanoseconds(|| component_model(black_box(&small), &halves())),
            2e6,
        ),
        row(
            "network senn2013, classes",
            median_nanoseconds(|| class_effects(black_box(&small), &classes(), &against(&small))),
            2e7,
        ),
    ])
}

/// From contrasts to league, ranks, splits, tests of inconsistency, intervals and both contributions.
fn full(contrasts: &[Contrast], options: &NetworkOptions) -> Fallible<usize> {
    let network = Network::new(black_box(contrasts))?.value;
    let nma = network_meta(&network, options)?.value;
    let limits = intervals(&network, nma.tau2, NetworkTest::Knha, 0.95)?;
    let common = contribution(&network, 0.0)?;
    let random = contribution(&network, nma.tau2)?;
    Ok(black_box((nma, limits, common, random)).0.k)
}

/// Made-up components: names that share a syllable share a part.
fn halves() -> ComponentOptions {
    ComponentOptions {
        separator: "gli".to_owned(),
        inactive: Some("placebo".to_owned()),
        ..ComponentOptions::default()
    }
}

fn classes() -> BTreeMap<String, String> {
    let class = |names: &[&str], class: &str| -> Vec<(String, String)> {
        names.iter().map(|&n| (n.to_owned(), class.to_owned())).collect()
    };
    let mut map = class(&["acarbose", "miglitol"], "inhibitors of alpha-glucosidase");
    map.extend(class(&["pioglitazone", "rosiglitazone"], "glitazones"));
    map.extend(class(&["sitagliptin", "vildagliptin"], "gliptins"));
    map.into_iter().collect()
}

fn against(network: &Network) -> ClassOptions {
    let reference = network.treatments().iter().position(|t| t == "placebo");
    ClassOptions {
        reference: reference.unwrap_or_default(),
        ..ClassOptions::default()
    }
}

fn senn() -> Fallible<Vec<Contrast>> {
    let table = Table::parse("network_senn2013.csv", SENN).map_err(|error| error.message.clone())?;
    let words = |name: &str| {
        let column = table.column(name).map(|c| c.texts());
        column.map_err(|error| error.message.clone())
    };
    let numbers = |name: &str| {
        let column = table.column(name).and_then(|c| c.numbers());
        column.map_err(|error| error.message.clone())
    };
    let (study, a, b) = (words("studlab")?, words("treat1")?, words("treat2")?);
    let (y, se) = (numbers("TE")?, numbers("seTE")?);
    let row = |i: usize| {
        Some(Contrast {
            study: study[i]?.to_owned(),
            treat1: a[i]?.to_owned(),
            treat2: b[i]?.to_owned(),
            y: y[i]?,
            se: se[i]?,
        })
    };
    Ok((0..y.len()).filter_map(row).collect())
}

/// Studies of two arms: the first join all treatments in a chain, the rest are drawn.
fn made(treatments: usize, studies: usize) -> Fallible<Network> {
    let mut stream = Stream::new(20_261_123, studies as u64);
    let name = |i: u64| format!("T{i:03}");
    let mut rows = Vec::with_capacity(studies);
    for study in 0..studies as u64 {
        let n = treatments as u64;
        let (a, b) = if study + 1 < n {
            (study, study + 1)
        } else {
            let a = stream.below(n);
            (a, (a + 1 + stream.below(n - 1)) % n)
        };
        let se = 0.1 + 0.4 * stream.uniform();
        let y = 0.05 * (a as f64 - b as f64) + (se * se + 0.04).sqrt() * stream.normal();
        rows.push(Contrast {
            study: study.to_string(),
            treat1: name(a),
            treat2: name(b),
            y,
            se,
        });
    }
    Ok(Network::new(&rows)?.value)
}
