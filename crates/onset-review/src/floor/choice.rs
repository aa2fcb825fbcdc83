//! The options of forks as types, and the hash that freezes a set of them.

use crate::protocol::{EffectMeasure, Floor, Fork, ForkKind, Outcome, Protocol};
use onset_models::bayes::TauPrior;
use onset_models::floor::{Bias, Estimator};
use onset_models::pool::{Tau2Method, Test};
use sha2::{Digest, Sha256};

/// One option of one fork.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Choice {
    Studies(Studies),
    Effect(EffectMeasure),
    Correlation(f64),
    Rows(String),
    Bias(Bias),
    Model(Estimator),
    Interval(Test),
}

/// Which studies an analysis uses.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Studies {
    All,
    WithoutHighRisk,
    WithoutCrossovers,
    Without(Vec<String>),
}

/// Measures that estimate the same thing on the same scale.
fn same_scale(measure: EffectMeasure) -> &'static [EffectMeasure] {
    match measure {
        EffectMeasure::MD => &[EffectMeasure::MD],
        EffectMeasure::SMD | EffectMeasure::SMDH => &[EffectMeasure::SMD, EffectMeasure::SMDH],
        EffectMeasure::ROM => &[EffectMeasure::ROM],
        EffectMeasure::OR => &[EffectMeasure::OR],
        EffectMeasure::RR => &[EffectMeasure::RR],
        EffectMeasure::RD => &[EffectMeasure::RD],
        EffectMeasure::AS => &[EffectMeasure::AS],
    }
}

const BIASES: [(&str, Bias); 5] = [
    ("none", Bias::Ignored),
    ("pet", Bias::Pet),
    ("peese", Bias::Peese),
    ("selection", Bias::Selection),
    ("worst-case", Bias::WorstCase),
];

/// The option that averages models of publication bias.
const AVERAGED: &str = "averaged";

/// One standardised mean difference in units of the measure, where the priors of the averaged models have a meaning on it: pi over
/// the root of 3 for log odds ratios (Chinn 2000, Stat Med 19:3127).
fn smd_unit(measure: EffectMeasure, outcome: &Outcome) -> Option<f64> {
    match measure {
        EffectMeasure::SMD | EffectMeasure::SMDH => Some(1.0),
        EffectMeasure::OR => Some(std::f64::consts::PI / 3.0_f64.sqrt()),
        EffectMeasure::MD => outcome.report_as.as_ref().map(|report| report.reference_sd),
        EffectMeasure::ROM | EffectMeasure::RR | EffectMeasure::RD | EffectMeasure::AS => None,
    }
}

/// Reads an option; the error says what is allowed.
pub(crate) fn parse(
    kind: ForkKind,
    option: &str,
    measure: EffectMeasure,
    outcome: &Outcome,
) -> Result<Choice, String> {
    match kind {
        ForkKind::Studies => match (option, option.strip_prefix("without:")) {
            ("all", _) => Ok(Choice::Studies(Studies::All)),
            ("without-high-risk", _) => Ok(Choice::Studies(Studies::WithoutHighRisk)),
            ("without-crossovers", _) => Ok(Choice::Studies(Studies::WithoutCrossovers)),
            (_, Some(list)) if !list.trim().is_empty() => Ok(Choice::Studies(Studies::Without(
                list.split(',').map(|id| id.trim().to_owned()).collect(),
            ))),
            _ => Err("all, without-high-risk, without-crossovers, without:STUDY,STUDY".to_owned()),
        },
        ForkKind::Effect => {
            let allowed = same_scale(measure);
            let found = allowed.iter().find(|m| crate::effect::code(**m) == option);
            found.copied().map(Choice::Effect).ok_or_else(|| {
                let names: Vec<&str> = allowed.iter().map(|m| crate::effect::code(*m)).collect();
                format!(
                    "{}: another scale is another estimand, which a set never mixes",
                    names.join(", ")
                )
            })
        }
        ForkKind::CrossoverCorrelation => match option.parse::<f64>() {
            Ok(rho) if rho > -1.0 && rho < 1.0 => Ok(Choice::Correlation(rho)),
            _ => Err("a correlation between -1 and 1".to_owned()),
        },
        ForkKind::Rows if option.trim().is_empty() => Err("the name of a row set".to_owned()),
        ForkKind::Rows => Ok(Choice::Rows(option.to_owned())),
        ForkKind::Bias => {
            let unit = smd_unit(measure, outcome);
            if let (AVERAGED, Some(unit)) = (option, unit) {
                return Ok(Choice::Bias(Bias::Averaged { unit }));
            }
            let found = BIASES.iter().find(|(code, _)| *code == option);
            found.map(|(_, bias)| Choice::Bias(*bias)).ok_or_else(|| {
                let mut codes = BIASES.map(|(code, _)| code).to_vec();
                codes.extend(unit.map(|_| AVERAGED));
                codes.join(", ")
            })
        }
        ForkKind::Model => match option.strip_prefix("bayes:") {
            Some(prior) => TauPrior::from_code(prior)
                .map(|prior| Choice::Model(Estimator::Bayes(prior)))
                .map_err(|error| error.to_string()),
            None => Tau2Method::from_code(option)
                .map(|method| Choice::Model(Estimator::Random(method, None)))
                .ok_or_else(|| {
                    let codes: Vec<&str> = Tau2Method::all().map(Tau2Method::code).collect();
                    format!(
                        "{}, bayes:PRIOR; one true effect is another estimand, which a set never mixes",
                        codes.join(", ")
                    )
                }),
        },
        ForkKind::Interval => Test::from_code(option).map(Choice::Interval).ok_or_else(|| {
            let codes: Vec<&str> = Test::all().map(Test::code).collect();
            codes.join(", ")
        }),
    }
}

/// Forks in the order in which analyses are laid out.
pub(crate) fn ordered(floor: &Floor) -> Vec<&Fork> {
    let mut forks: Vec<&Fork> = floor.fork.iter().collect();
    forks.sort_by_key(|fork| fork.id);
    forks
}

/// `sha256:` and the hash of everything that decides which analyses are in the set and what they are about: version, forks,
/// options and reasons, the headline, its important difference, its measure and the level; where models are averaged, also the
/// standard deviation that their priors are scaled by.
pub(crate) fn hash(protocol: &Protocol, floor: &Floor) -> String {
    let headline = &protocol.review.headline;
    let outcome = protocol.outcome.iter().find(|o| o.id == headline.outcome);
    let forks = ordered(floor);
    let mut set = serde_json::json!({
        "version": floor.version,
        "forks": forks,
        "headline": [headline.comparison, headline.outcome, headline.window],
        "important_difference": outcome.and_then(|o| o.important_difference.as_ref()),
        "measure": protocol.model.effect.get(&headline.outcome),
        "level": protocol.model.level,
    });
    let averages = forks
        .iter()
        .any(|fork| fork.id == ForkKind::Bias && fork.options.iter().any(|option| option == AVERAGED));
    if averages && let Some(report) = outcome.and_then(|o| o.report_as.as_ref()) {
        set["averaged_unit"] = serde_json::json!(report.reference_sd);
    }
    let digest = Sha256::digest(set.to_string().as_bytes());
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_are_averaged_where_a_standard_deviation_is_known() {
        let plain = "id = \"depression\"\nlabel = \"Depression\"\nkind = \"continuous\"\ndirection = \"lower is better\"\n";
        let scaled = format!(
            "{plain}report_as = {{ scale = \"MADRS\", reference_sd = 9.5, source = \"declared\" }}\n"
        );
        let read = |text: &str, measure| {
            let outcome: Outcome = toml::from_str(text).unwrap();
            parse(ForkKind::Bias, AVERAGED, measure, &outcome)
        };
        let unit = |unit| Ok(Choice::Bias(Bias::Averaged { unit }));
        assert_eq!(read(plain, EffectMeasure::SMD), unit(1.0));
        assert_eq!(read(&scaled, EffectMeasure::MD), unit(9.5));
        let allowed = read(plain, EffectMeasure::MD).unwrap_err();
        assert_eq!(allowed, "none, pet, peese, selection, worst-case");
        assert!(read(plain, EffectMeasure::RR).is_err());
    }
}
