//! Flags of models and outputs beside the league, and their run.

use super::blocks::{self, ClassBlock, ComponentBlock, FunnelBlock, Regression, Side};
use crate::arguments::usage;
use crate::output::Sheet;
use clap::{Args, ValueEnum};
use onset::data::{Diagnostic, Table};
use onset::models::network::{
    ClassEffect, ClassOptions, ComponentOptions, CovariateEffect, Funnel, Network, NetworkError,
    NetworkMethod, RegressionOptions, class_effects, comparison_adjusted_funnel, component_model,
    network_regression_of, side_splits,
};
use serde::Serialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// Models and outputs that a flag asks for.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Beside the league")]
pub struct ModelArgs {
    /// Direct and indirect evidence of every pair as two parameters of one model (SIDE, node-splitting)
    #[arg(long)]
    pub side: bool,
    /// Columns of covariates, one number a study: network meta-regression against the reference
    #[arg(long, value_name = "COLUMNS", value_delimiter = ',')]
    pub covariate: Vec<String>,
    /// Whether treatments share a covariate's coefficient
    #[arg(long, value_enum, default_value = "common", requires = "covariate")]
    pub covariate_effect: Shared,
    /// Value of each covariate at which the regression's league stands [default: their means]
    #[arg(
        long,
        value_name = "NUMBERS",
        value_delimiter = ',',
        requires = "covariate",
        allow_negative_numbers = true
    )]
    pub at: Vec<f64>,
    #[command(flatten)]
    pub components: Components,
    /// CSV table with the columns treatment and class: class effects
    #[arg(long, value_name = "FILE")]
    pub classes: Option<PathBuf>,
    /// How treatments of a class are related
    #[arg(long, value_enum, default_value = "exchangeable", requires = "classes")]
    pub class_effects: Class,
    /// Points of a comparison-adjusted funnel, with Egger's test
    #[arg(long)]
    pub funnel: bool,
    /// Every treatment once, such as oldest to newest: the funnel's contrasts are later minus earlier
    /// [default: the reference, then byte order]
    #[arg(long, value_name = "TREATMENTS", value_delimiter = ',', requires = "funnel")]
    pub order: Vec<String>,
}

/// Additive components.
#[derive(Debug, Clone, Default, Args)]
pub struct Components {
    /// Names of treatments are split into additive components at this text, such as +
    #[arg(long = "components", value_name = "TEXT")]
    pub separator: Option<String>,
    /// Component without effect, such as placebo
    #[arg(long, value_name = "COMPONENT", requires = "separator")]
    pub inactive: Option<String>,
}

/// Which treatments share a coefficient.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Shared {
    /// One for all treatments against the reference
    #[default]
    Common,
    /// One for each treatment
    Independent,
    /// One for each treatment, drawn round a mean (one covariate; REML or ML)
    Exchangeable,
}

impl Shared {
    /// As on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Shared::Common => "common",
            Shared::Independent => "independent",
            Shared::Exchangeable => "exchangeable",
        }
    }
}

/// How the treatments of a class are related.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Class {
    /// Drawn round the class
    #[default]
    Exchangeable,
    /// All alike
    Common,
}

impl Class {
    /// As on the command line.
    pub fn word(self) -> &'static str {
        match self {
            Class::Exchangeable => "exchangeable",
            Class::Common => "common",
        }
    }
}

impl ModelArgs {
    /// The first flag given, for messages.
    pub fn given(&self) -> Option<&'static str> {
        [
            (self.side, "--side"),
            (!self.covariate.is_empty(), "--covariate"),
            (self.components.separator.is_some(), "--components"),
            (self.classes.is_some(), "--classes"),
            (self.funnel, "--funnel"),
        ]
        .into_iter()
        .find(|flag| flag.0)
        .map(|flag| flag.1)
    }
}

/// The blocks that were asked for.
#[derive(Serialize)]
pub struct Blocks {
    #[serde(skip_serializing_if = "Option::is_none")]
    side: Option<Vec<Side>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    regression: Option<Regression>,
    #[serde(skip_serializing_if = "Option::is_none")]
    components: Option<ComponentBlock>,
    #[serde(skip_serializing_if = "Option::is_none")]
    classes: Option<ClassBlock>,
    #[serde(skip_serializing_if = "Option::is_none")]
    funnel: Option<FunnelBlock>,
}

/// What the models need beside the flags.
pub struct Setting<'a> {
    pub network: &'a Network,
    /// Of every study, for each column named.
    pub covariates: &'a [BTreeMap<String, f64>],
    pub reference: usize,
    pub method: NetworkMethod,
    pub tau2: f64,
    pub level: f64,
}

/// Fits what the flags ask for.
///
/// # Errors
/// What a model refuses; `usage` for a wrong order or table of classes.
pub fn blocks(
    arguments: &ModelArgs,
    setting: &Setting<'_>,
    sheets: &mut Vec<Sheet>,
    refused: &dyn Fn(NetworkError) -> Diagnostic,
) -> Result<Blocks, Diagnostic> {
    let (network, names) = (setting.network, setting.network.treatments());
    let side = if arguments.side {
        let splits = side_splits(network, setting.method).map_err(refused)?;
        Some(blocks::side(names, &splits, sheets))
    } else {
        None
    };
    let regression = if arguments.covariate.is_empty() {
        None
    } else {
        Some(regression(arguments, setting, sheets, refused)?)
    };
    let components = match &arguments.components.separator {
        Some(separator) => {
            let options = ComponentOptions {
                method: setting.method,
                separator: separator.clone(),
                inactive: arguments.components.inactive.clone(),
                level: setting.level,
            };
            let fit = component_model(network, &options).map_err(refused)?;
            Some(blocks::components(names, &arguments.components, fit, sheets))
        }
        None => None,
    };
    let classes = match &arguments.classes {
        Some(path) => {
            let options = ClassOptions {
                method: setting.method,
                reference: setting.reference,
                effect: match arguments.class_effects {
                    Class::Exchangeable => ClassEffect::Exchangeable,
                    Class::Common => ClassEffect::Common,
                },
                level: setting.level,
            };
            let fit = class_effects(network, &read_classes(path)?, &options).map_err(refused)?;
            Some(blocks::classes(names, arguments.class_effects, fit, sheets))
        }
        None => None,
    };
    let funnel =
        funnel(arguments, setting)?.map(|(funnel, order)| blocks::funnel(names, &order, funnel, sheets));
    Ok(Blocks {
        side,
        regression,
        components,
        classes,
        funnel,
    })
}

/// The meta-regression.
///
/// # Errors
/// What the model refuses; `usage` where `--at` does not name a value for each covariate.
fn regression(
    arguments: &ModelArgs,
    setting: &Setting<'_>,
    sheets: &mut Vec<Sheet>,
    refused: &dyn Fn(NetworkError) -> Diagnostic,
) -> Result<Regression, Diagnostic> {
    let (names, given) = (&arguments.covariate, arguments.at.len());
    if given > 0 && given != names.len() {
        return Err(usage("--at must name one value for each covariate")
            .found(given.to_string())
            .allowed(names.join(",")));
    }
    let options = RegressionOptions {
        method: setting.method,
        reference: setting.reference,
        effect: match arguments.covariate_effect {
            Shared::Common => CovariateEffect::Common,
            Shared::Independent => CovariateEffect::Independent,
            Shared::Exchangeable => CovariateEffect::Exchangeable,
        },
        at: None,
        level: setting.level,
    };
    let values: Vec<&BTreeMap<String, f64>> = setting.covariates.iter().collect();
    let at: Vec<Option<f64>> = arguments.at.iter().copied().map(Some).collect();
    let fit = network_regression_of(setting.network, &values, &at, &options).map_err(refused)?;
    let treatments = setting.network.treatments();
    Ok(blocks::regression(
        treatments,
        names,
        arguments.covariate_effect,
        fit,
        sheets,
    ))
}

/// The comparison-adjusted funnel and its order of treatments, where it is asked for.
///
/// # Errors
/// `usage` for a wrong order.
pub fn funnel(
    arguments: &ModelArgs,
    setting: &Setting<'_>,
) -> Result<Option<(Funnel, Vec<usize>)>, Diagnostic> {
    if !arguments.funnel {
        return Ok(None);
    }
    let order = order(setting.network.treatments(), setting.reference, &arguments.order)?;
    let found = comparison_adjusted_funnel(setting.network, setting.tau2, &order);
    Ok(found.map(|funnel| (funnel, order)))
}

fn read_classes(path: &std::path::Path) -> Result<BTreeMap<String, String>, Diagnostic> {
    let table = Table::read(path)?;
    let (treatments, classes) = (table.column("treatment")?.texts(), table.column("class")?.texts());
    let mut map = BTreeMap::new();
    for (i, (treatment, class)) in treatments.iter().zip(&classes).enumerate() {
        let (Some(treatment), Some(class)) = (treatment, class) else {
            continue;
        };
        let known = map.insert((*treatment).to_owned(), (*class).to_owned());
        if known.is_some_and(|known| known != *class) {
            return Err(Diagnostic::error(
                "repeated_treatment",
                format!("'{treatment}' stands in two classes"),
            )
            .file(table.name())
            .line(table.line(i)));
        }
    }
    Ok(map)
}

/// The order of the funnel's treatments as indices.
fn order(names: &[String], reference: usize, given: &[String]) -> Result<Vec<usize>, Diagnostic> {
    if given.is_empty() {
        let others = (0..names.len()).filter(|&t| t != reference);
        return Ok(std::iter::once(reference).chain(others).collect());
    }
    let wrong = |found: String| {
        usage("--order must name every treatment once")
            .found(found)
            .allowed(names.join(","))
    };
    let mut order = Vec::with_capacity(given.len());
    for name in given {
        let place = names.iter().position(|n| n == name.trim());
        let place = place
            .filter(|p| !order.contains(p))
            .ok_or_else(|| wrong(name.clone()))?;
        order.push(place);
    }
    if order.len() == names.len() {
        Ok(order)
    } else {
        Err(wrong(given.join(",")))
    }
}
