//! Flags that a method cannot obey are refused; none is passed over in silence.

use super::{MethodArg, Model, ModelArgs};
use crate::arguments::usage;
use onset::data::Diagnostic;
use onset::models::pool::{Method, PredictionKind, Tau2IntervalKind, Test};

/// Refuses flags that have no meaning for the method.
///
/// # Errors
/// `usage`.
pub fn check(model: &ModelArgs) -> Result<(), Diagnostic> {
    let method = model.method()?;
    if model.mh_add && method != MethodArg::MantelHaenszel {
        return Err(usage("--mh-add belongs to --method MH, which was not given"));
    }
    own_weights(model, method)?;
    let chosen = !model.btt.is_empty() || !model.contrast.is_empty();
    if chosen && (!model.scale.is_empty() || !matches!(method, MethodArg::Inverse(..))) {
        return Err(usage(
            "--btt and --contrast belong to a meta-regression by inverse variance, without --scale",
        ));
    }
    match method {
        MethodArg::Inverse(method, _) => inverse(model, method),
        MethodArg::MantelHaenszel => one_effect(model, "MH"),
        MethodArg::Peto => one_effect(model, "PETO"),
        MethodArg::Firth => {
            without_groups(model, "FIRTH")?;
            one_effect(model, "FIRTH")
        }
        MethodArg::BetaBinomial => {
            without_groups(model, "BB")?;
            if model.model == Some(Model::Common) {
                return Err(usage(
                    "--method BB lets the studies differ, so --model common cannot be used with it",
                ));
            }
            normal_test(model, "BB")?;
            let reason = "its model has a correlation within groups and no tau2";
            without_tau2(model, "BB", reason)
        }
        MethodArg::Glmm => mixed(model),
    }
}

/// Weights that are given replace those of inverse variance, and only where one fit has them.
fn own_weights(model: &ModelArgs, method: MethodArg) -> Result<(), Diagnostic> {
    if !model.own_weights() {
        return Ok(());
    }
    let refused = |reason: &str| {
        Err(usage(format!(
            "--weights and --unweighted cannot be used here: {reason}"
        )))
    };
    if !matches!(method, MethodArg::Inverse(..)) {
        return refused("they replace inverse-variance weights, which the method does not have");
    }
    if !model.scale.is_empty() {
        return refused(
            "a location-scale model (--scale) is fitted by likelihood, which has its own weights",
        );
    }
    if model.subgroup.is_some() {
        return refused("--subgroup pools every group by its own weights; --mods takes them");
    }
    Ok(())
}

/// Warnings about flags that find nothing to act on.
pub fn idle(model: &ModelArgs) -> Vec<Diagnostic> {
    let mut warnings = Vec::new();
    if matches!(model.method(), Ok(MethodArg::Inverse(Method::Common, _))) {
        let mut note = |flag: &str| {
            let text = format!("the common-effect model has no tau2, so {flag} gives nothing");
            warnings.push(Diagnostic::warning("no_tau2", text));
        };
        if model.tau2_kind().is_some() {
            note("--tau2-ci");
        }
        if model.predict_type.is_some() {
            note("--predict-type");
        }
    }
    warnings
}

fn inverse(model: &ModelArgs, method: Method) -> Result<(), Diagnostic> {
    if !model.scale.is_empty() {
        let reason = "every study then has its own tau2";
        return without_tau2(model, "with --scale", reason);
    }
    if model.mods.is_empty() {
        return Ok(());
    }
    if model.threshold.is_some() {
        return Err(usage(
            "--threshold asks about one distribution of true effects, and with --mods there is one for every row",
        ));
    }
    match model.predict_type {
        Some(PredictionKind::Nnf) if method != Method::Common => Err(usage(
            "--predict-type NNF is a bootstrap around one mean, so --mods cannot be used with it",
        )
        .allowed("HTS, V, HK, HK-PR, KR, KR-PR, S")),
        _ => Ok(()),
    }
}

/// Mantel-Haenszel, Peto and Firth: one true effect, normal quantiles.
///
/// # Errors
/// `usage`.
pub fn one_effect(model: &ModelArgs, code: &str) -> Result<(), Diagnostic> {
    if !model.mods.is_empty() || !model.scale.is_empty() {
        return Err(usage(format!("--method {code} takes no moderators")));
    }
    if model.model == Some(Model::Random) {
        return Err(usage(format!(
            "--method {code} is a common-effect method, so --model random cannot be used with it"
        )));
    }
    if model.common_tau2 {
        return Err(usage(format!(
            "--method {code} has no tau2 that subgroups could share, so --common-tau2 cannot be used with it"
        )));
    }
    normal_test(model, code)?;
    without_tau2(model, code, "it estimates one true effect, without tau2")
}

fn without_groups(model: &ModelArgs, code: &str) -> Result<(), Diagnostic> {
    if !model.mods.is_empty() || !model.scale.is_empty() || model.subgroup.is_some() {
        return Err(usage(format!(
            "--method {code} takes neither moderators nor subgroups"
        )));
    }
    Ok(())
}

fn normal_test(model: &ModelArgs, code: &str) -> Result<(), Diagnostic> {
    match model.test {
        None | Some(Test::Z) => Ok(()),
        Some(other) => Err(usage(format!(
            "--method {code} takes --test z, not {}: its variance is a large-sample one",
            other.code()
        ))),
    }
}

/// `reason` says why there is nothing for these flags.
fn without_tau2(model: &ModelArgs, code: &str, reason: &str) -> Result<(), Diagnostic> {
    let given = [
        ("--tau2-ci", model.tau2_kind().is_some()),
        ("--predict-type", model.predict_type.is_some()),
        ("--threshold", model.threshold.is_some()),
    ];
    let method = if code.starts_with("with") {
        code.to_owned()
    } else {
        format!("with --method {code}")
    };
    match given.iter().find(|(_, given)| *given) {
        Some((flag, _)) => Err(usage(format!("{flag} cannot be used {method}: {reason}"))),
        None => Ok(()),
    }
}

fn mixed(model: &ModelArgs) -> Result<(), Diagnostic> {
    if !model.scale.is_empty() || model.subgroup.is_some() {
        return Err(usage("--method GLMM takes neither --scale nor --subgroup"));
    }
    if !matches!(model.test, None | Some(Test::Z | Test::T)) {
        let found = model.test.map_or("", Test::code);
        return Err(usage(format!("--method GLMM takes --test z or t, not {found}")));
    }
    let other = |kind: &Tau2IntervalKind| *kind != Tau2IntervalKind::ProfileLikelihood;
    if let Some(kind) = model.tau2_kind().filter(other) {
        return Err(usage(format!(
            "--method GLMM has a likelihood and no Q statistic of the effects, so --tau2-ci {} cannot be used with it",
            kind.code()
        ))
        .allowed("PL (its default), none"));
    }
    if model.threshold.is_some() {
        return Err(usage(
            "--threshold needs inverse-variance weights: --method GLMM does not take it",
        ));
    }
    match model.predict_type {
        Some(_) if !model.mods.is_empty() => Err(usage(
            "--method GLMM gives a prediction interval of one mean, so --predict-type and --mods do not go together",
        )),
        None | Some(PredictionKind::Hts | PredictionKind::V | PredictionKind::S) => Ok(()),
        Some(other) => Err(usage(format!(
            "--method GLMM has a Wald standard error only, so --predict-type {} cannot be used with it",
            other.code()
        ))
        .allowed("HTS, V, S")),
    }
}
