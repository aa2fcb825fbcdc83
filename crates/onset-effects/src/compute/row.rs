//! One row: which numbers a measure reads, and which function it calls.

use super::RowEffect;
use crate::association::fisher_z;
use crate::change::Paired;
use crate::genotypes::Genotypes;
use crate::matched_pairs::Pairs;
use crate::means::Group;
use crate::options::{AddTo, VarianceType};
use crate::person_time::PersonTime;
use crate::proportion::Share;
use crate::rate::Count;
use crate::regression::Coefficient;
use crate::reliability::Alpha;
use crate::two_by_two::Cells;
use crate::{Effect, EffectError, Family, Input, Inputs, Measure};
use crate::{
    association, biserial, change, correlation, dichotomised, genotypes, matched_pairs, means, one_mean,
    person_time, proportion, rate, ratios, regression, reliability, superiority, tetrachoric, two_by_two,
};
use Input::*;

/// What is done to the cells of every row.
pub(super) struct Rule {
    pub(super) add: f64,
    pub(super) to: AddTo,
    pub(super) any_zero: bool,
    pub(super) drop00: bool,
    pub(super) vtype: VarianceType,
}

impl Rule {
    fn addition(&self, has_zero: bool) -> f64 {
        let applies = match self.to {
            AddTo::Only0 => has_zero,
            AddTo::All => true,
            AddTo::If0All => self.any_zero,
            AddTo::None => false,
        };
        if applies { self.add } else { 0.0 }
    }
}

type Outcome = Result<Effect, EffectError>;

/// Effect of one row.
pub(super) fn effect(measure: Measure, inputs: &Inputs, row: usize, rule: &Rule) -> RowEffect {
    let get = |input| inputs.get(input, row);
    match measure.family() {
        Family::TwoByTwo => {
            let cells = corrected_cells(inputs, row, rule)?;
            Some(cells.and_then(|t| two_by_two_effect(measure, t, rule)))
        }
        Family::MatchedPairs => {
            let pairs = Pairs::new(get(Ai)?, get(Bi)?, get(Ci)?, get(Di)?);
            Some(pairs.and_then(|t| pairs_effect(measure, t.plus(rule.addition(pairs_zero(measure, t))))))
        }
        Family::PersonTime => {
            let time = PersonTime::new(get(X1i)?, get(X2i)?, get(T1i)?, get(T2i)?);
            Some(time.and_then(|t| person_time_effect(measure, t, rule)))
        }
        Family::TwoMeans => two_means_effect(measure, inputs, row, rule.vtype),
        Family::Correlation => Some(correlation_effect(measure, get(Ri)?, get(Ni)?)),
        Family::PartialCorrelation => {
            let coefficient = Coefficient::new(get(Ti)?, get(Ni)?, get(Mi)?);
            let r2 = if measure.needs().len() > 3 { get(R2i)? } else { 0.0 };
            Some(coefficient.and_then(|c| coefficient_effect(measure, c, r2)))
        }
        Family::Determination => Some(determination_effect(measure, get(R2i)?, get(Mi)?, get(Ni)?)),
        Family::Proportion => {
            let share = share(inputs, row)?;
            Some(share.and_then(|s| proportion_effect(measure, s.plus(rule.addition(s.has_zero())))))
        }
        Family::Rate => {
            let count = Count::new(get(Xi)?, get(Ti)?);
            Some(count.and_then(|c| rate_effect(measure, c.plus(rule.addition(c.x == 0.0)))))
        }
        Family::OneMean => one_mean_effect(measure, inputs, row),
        Family::Change => change_effect(measure, inputs, row, rule.vtype),
        Family::Reliability => {
            let alpha = Alpha::new(get(Ai)?, get(Mi)?, get(Ni)?);
            Some(alpha.and_then(|a| reliability_effect(measure, a)))
        }
        Family::Genotypes => {
            let counts = Genotypes::new(get(Ai)?, get(Bi)?, get(Ci)?);
            Some(counts.and_then(|g| genotypes::excess_heterozygosity(g.plus(rule.addition(g.has_zero())))))
        }
        Family::Superiority => Some(superiority_effect(measure, get(Ai)?, get(N1i)?, get(N2i)?)),
        Family::Generic => None,
    }
}

/// Whether the row has an empty cell that an addition would fill.
pub(super) fn has_zero(measure: Measure, inputs: &Inputs, row: usize) -> bool {
    let get = |input| inputs.get(input, row);
    let zero = || match measure.family() {
        Family::TwoByTwo => cells(inputs, row)?.ok().map(|t| t.has_zero()),
        Family::MatchedPairs => Pairs::new(get(Ai)?, get(Bi)?, get(Ci)?, get(Di)?)
            .ok()
            .map(|t| pairs_zero(measure, t)),
        Family::PersonTime => Some(get(X1i)? == 0.0 || get(X2i)? == 0.0),
        Family::Proportion => share(inputs, row)?.ok().map(|s| s.has_zero()),
        Family::Rate => Some(get(Xi)? == 0.0),
        Family::Genotypes => Some(get(Ai)? == 0.0 || get(Bi)? == 0.0 || get(Ci)? == 0.0),
        _ => Some(false),
    };
    zero().unwrap_or(false)
}

/// The 2 x 2 table of a row, as given: `None` where a cell is missing.
pub(crate) fn cells(inputs: &Inputs, row: usize) -> Option<Result<Cells, EffectError>> {
    let get = |input| inputs.get(input, row);
    let (a, c) = (get(Ai)?, get(Ci)?);
    let b = other(get(Bi), (Ai, a), (N1i, get(N1i)))?;
    let d = other(get(Di), (Ci, c), (N2i, get(N2i)))?;
    Some(b.and_then(|b| Cells::new(a, b, c, d?)))
}

/// Non-events: as given, else group size less events.
fn other(
    given: Option<f64>,
    (input, events): (Input, f64),
    (size, n): (Input, Option<f64>),
) -> Option<Result<f64, EffectError>> {
    match (given, n) {
        (Some(x), _) => Some(Ok(x)),
        (None, Some(n)) => Some(two_by_two::non_events(input, events, size, n)),
        (None, None) => None,
    }
}

/// The 2 x 2 table after the zero-cell rule.
pub(super) fn corrected_cells(
    inputs: &Inputs,
    row: usize,
    rule: &Rule,
) -> Option<Result<Cells, EffectError>> {
    Some(cells(inputs, row)?.and_then(|t| {
        if rule.drop00 && t.is_double_zero() {
            return Err(EffectError::Undefined {
                reason: "nobody or everybody has the event in both groups",
            });
        }
        Ok(t.plus(rule.addition(t.has_zero())))
    }))
}

fn share(inputs: &Inputs, row: usize) -> Option<Result<Share, EffectError>> {
    let x = inputs.get(Xi, row)?;
    match (inputs.get(Mi, row), inputs.get(Ni, row)) {
        (Some(m), _) => Some(Share::new(x, m)),
        (None, Some(n)) => Some(Share::from_total(x, n)),
        (None, None) => None,
    }
}

fn two_by_two_effect(measure: Measure, t: Cells, rule: &Rule) -> Outcome {
    match measure {
        Measure::RiskRatio => two_by_two::log_risk_ratio(t),
        Measure::OddsRatio => two_by_two::log_odds_ratio(t),
        Measure::Peto => two_by_two::peto(t),
        Measure::RiskDifference if rule.vtype == VarianceType::Ub => two_by_two::risk_difference_unbiased(t),
        Measure::RiskDifference => two_by_two::risk_difference(t),
        Measure::ArcsineDifference => two_by_two::arcsine_difference(t),
        Measure::Phi => association::phi(t),
        Measure::PhiZ => association::phi(t).and_then(fisher_z),
        Measure::YuleQ => association::yule_q(t),
        Measure::YuleY => association::yule_y(t),
        Measure::Tetrachoric => tetrachoric::tetrachoric(t),
        Measure::TetrachoricZ => tetrachoric_z(t),
        Measure::ProbitDifference => dichotomised::probit_difference(t),
        Measure::OddsToDNormal => dichotomised::odds_to_d_normal(t),
        _ => dichotomised::odds_to_d_logistic(t),
    }
}

fn tetrachoric_z(t: Cells) -> Outcome {
    match tetrachoric::tetrachoric(t) {
        Ok(r) => fisher_z(r),
        Err(EffectError::NoVariance { .. }) => Err(EffectError::Undefined {
            reason: "Fisher's z of a correlation of -1 or 1 is infinite",
        }),
        Err(error) => Err(error),
    }
}

/// Conditional measures read the discordant pairs only.
fn pairs_zero(measure: Measure, t: Pairs) -> bool {
    let discordant = t.b == 0.0 || t.c == 0.0;
    match measure {
        Measure::PairedOddsRatioConditional | Measure::PairedPeto => discordant,
        _ => discordant || t.a == 0.0 || t.d == 0.0,
    }
}

fn pairs_effect(measure: Measure, t: Pairs) -> Outcome {
    match measure {
        Measure::PairedRiskRatio => matched_pairs::log_risk_ratio(t),
        Measure::PairedOddsRatio => matched_pairs::log_odds_ratio(t),
        Measure::PairedOddsRatioConditional => matched_pairs::log_odds_ratio_conditional(t),
        Measure::PairedPeto => matched_pairs::peto(t),
        _ => matched_pairs::risk_difference(t),
    }
}

fn person_time_effect(measure: Measure, t: PersonTime, rule: &Rule) -> Outcome {
    if rule.drop00 && t.x1 == 0.0 && t.x2 == 0.0 {
        return Err(EffectError::Undefined {
            reason: "neither group has events",
        });
    }
    let t = t.plus(rule.addition(t.has_zero()));
    match measure {
        Measure::RateRatio => person_time::log_rate_ratio(t),
        Measure::RootRateDifference => person_time::root_rate_difference(t),
        _ => person_time::rate_difference(t),
    }
}

fn two_means_effect(measure: Measure, inputs: &Inputs, row: usize, vtype: VarianceType) -> RowEffect {
    let get = |input| inputs.get(input, row);
    match measure {
        Measure::SmdGlass => {
            let (mean1, n1, mean2, sd2, n2) = (get(M1i)?, get(N1i)?, get(M2i)?, get(Sd2i)?, get(N2i)?);
            let g1 = Group::new(mean1, 0.0, n1);
            Some(g1.and_then(|g1| means::smd_glass(g1.mean, g1.n, Group::second(mean2, sd2, n2)?)))
        }
        Measure::VariabilityRatio => {
            let (sd1, n1, sd2, n2) = (get(Sd1i)?, get(N1i)?, get(Sd2i)?, get(N2i)?);
            let checked = Group::new(0.0, sd1, n1).and_then(|_| Group::second(0.0, sd2, n2));
            Some(checked.and_then(|_| ratios::variability_ratio(sd1, n1, sd2, n2)))
        }
        _ => {
            let (mean1, sd1, n1) = (get(M1i)?, get(Sd1i)?, get(N1i)?);
            let (mean2, sd2, n2) = (get(M2i)?, get(Sd2i)?, get(N2i)?);
            let g1 = Group::new(mean1, sd1, n1);
            Some(g1.and_then(|g1| groups_effect(measure, g1, Group::second(mean2, sd2, n2)?, vtype)))
        }
    }
}

fn groups_effect(measure: Measure, g1: Group, g2: Group, vtype: VarianceType) -> Outcome {
    match measure {
        Measure::Smd => match vtype {
            VarianceType::Ls2 => means::smd_ls2(g1, g2),
            VarianceType::Ub => means::smd_unbiased(g1, g2),
            VarianceType::Ls | VarianceType::Av => means::smd(g1, g2),
        },
        Measure::SmdUnequal => means::smd_unequal(g1, g2),
        Measure::SmdGlassUnequal => means::smd_glass_unequal(g1, g2),
        Measure::RatioOfMeans => ratios::ratio_of_means(g1, g2),
        Measure::CoefficientOfVariationRatio => ratios::coefficient_of_variation_ratio(g1, g2),
        Measure::PointBiserial => biserial::point_biserial(g1, g2),
        Measure::PointBiserialZ => biserial::point_biserial(g1, g2).and_then(fisher_z),
        Measure::Biserial => biserial::biserial(g1, g2),
        Measure::BiserialZ => biserial::biserial(g1, g2).and_then(fisher_z),
        Measure::DToOddsNormal => biserial::d_to_odds_normal(g1, g2),
        Measure::DToOdds | Measure::DToOddsLogistic => biserial::d_to_odds_logistic(g1, g2),
        Measure::SuperiorityNormal => superiority::common_language_normal(g1, g2),
        _ => means::mean_difference(g1, g2),
    }
}

fn correlation_effect(measure: Measure, r: f64, n: f64) -> Outcome {
    match measure {
        Measure::CorrelationUnbiased => correlation::correlation_unbiased(r, n),
        Measure::CorrelationZ => correlation::correlation_z(r, n),
        _ => correlation::correlation(r, n),
    }
}

fn coefficient_effect(measure: Measure, c: Coefficient, r2: f64) -> Outcome {
    match measure {
        Measure::PartialCorrelationZ => regression::partial_correlation_z(c),
        Measure::SemiPartialCorrelation => regression::semi_partial_correlation(c, r2),
        Measure::SemiPartialCorrelationZ => regression::semi_partial_correlation_z(c, r2),
        _ => regression::partial_correlation(c),
    }
}

fn determination_effect(measure: Measure, r2: f64, m: f64, n: f64) -> Outcome {
    match measure {
        Measure::RSquaredZ => regression::r_squared_z(r2, m, n),
        _ => regression::r_squared(r2, m, n),
    }
}

fn proportion_effect(measure: Measure, s: Share) -> Outcome {
    match measure {
        Measure::ProportionLog => proportion::log_proportion(s),
        Measure::ProportionLogit => proportion::log_odds(s),
        Measure::ProportionProbit => proportion::probit(s),
        Measure::ProportionArcsine => proportion::arcsine(s),
        Measure::ProportionFreemanTukey => proportion::freeman_tukey(s),
        _ => proportion::proportion(s),
    }
}

fn rate_effect(measure: Measure, c: Count) -> Outcome {
    match measure {
        Measure::RateLog => rate::log_rate(c),
        Measure::RateRoot => rate::root_rate(c),
        Measure::RateFreemanTukey => rate::freeman_tukey(c),
        _ => rate::rate(c),
    }
}

fn one_mean_effect(measure: Measure, inputs: &Inputs, row: usize) -> RowEffect {
    let (sd, n) = (inputs.get(Sdi, row)?, inputs.get(Ni, row)?);
    if measure == Measure::SdLog {
        return Some(one_mean::log_sd(sd, n));
    }
    let group = one_mean::group(inputs.get(Mi, row)?, sd, n);
    Some(group.and_then(|g| match measure {
        Measure::MeanStandardised => one_mean::standardised_mean(g),
        Measure::MeanLog => one_mean::log_mean(g),
        Measure::CoefficientOfVariationLog => one_mean::log_coefficient_of_variation(g),
        _ => one_mean::mean(g),
    }))
}

fn change_effect(measure: Measure, inputs: &Inputs, row: usize, vtype: VarianceType) -> RowEffect {
    let get = |input| inputs.get(input, row);
    let (means, sd2) = match measure {
        Measure::VariabilityRatioChange => ([0.0, 0.0], get(Sd2i)?),
        Measure::SmdRaw => ([get(M1i)?, get(M2i)?], 0.0),
        _ => ([get(M1i)?, get(M2i)?], get(Sd2i)?),
    };
    let paired = Paired::new(means, [get(Sd1i)?, sd2], get(Ri)?, get(Ni)?);
    Some(paired.and_then(|p| match measure {
        Measure::SmdChange => match vtype {
            VarianceType::Ls2 => change::smd_change_ls2(p),
            VarianceType::Ub => change::smd_change_unbiased(p),
            VarianceType::Ls | VarianceType::Av => change::smd_change(p),
        },
        Measure::SmdRaw => change::smd_raw(p),
        Measure::SmdRawUnequal => change::smd_raw_unequal(p),
        Measure::SmdPooled => change::smd_pooled(p),
        Measure::SmdPooledUnequal => change::smd_pooled_unequal(p),
        Measure::SuperiorityChangeNormal => change::common_language_normal(p),
        Measure::RatioOfMeansChange => change::ratio_of_means(p),
        Measure::VariabilityRatioChange => change::variability_ratio(p),
        Measure::CoefficientOfVariationRatioChange => change::coefficient_of_variation_ratio(p),
        _ => change::mean_change(p),
    }))
}

fn reliability_effect(measure: Measure, a: Alpha) -> Outcome {
    match measure {
        Measure::AlphaHakstianWhalen => reliability::hakstian_whalen(a),
        Measure::AlphaBonett => reliability::bonett(a),
        _ => reliability::alpha(a),
    }
}

fn superiority_effect(measure: Measure, area: f64, n1: f64, n2: f64) -> Outcome {
    match measure {
        Measure::AucNormal => superiority::area_under_curve_normal(area, n1, n2),
        _ => superiority::area_under_curve(area, n1, n2),
    }
}
