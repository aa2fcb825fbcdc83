//! Conversions of what was printed into what is pooled: the one place where they happen.
//!
//! Each is declared in `model.conversions`; a row that needs another one is refused with the reason,
//! and each use is listed in the report with its rows.

use crate::protocol::{Conversion, Model};
use onset_data::RowId;
use onset_data::evidence::{Observation, Statistic};
use onset_effects::means;
use onset_effects::recover::groups;
use onset_effects::recover::quantiles::{Quantiles, mean_and_sd};
use onset_effects::recover::standard_error::{Reference, from_interval, sd_from_se};

/// A conversion that was applied, and to what.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Applied {
    pub conversion: Conversion,
    pub detail: String,
    pub rows: Vec<RowId>,
}

/// Conversions applied so far and the ones allowed.
pub(crate) struct Ledger<'a> {
    model: &'a Model,
    pub applied: Vec<Applied>,
}

impl<'a> Ledger<'a> {
    pub fn new(model: &'a Model) -> Self {
        Ledger {
            model,
            applied: Vec::new(),
        }
    }

    /// Notes a conversion, or gives the reason why it may not be used.
    pub fn apply(&mut self, conversion: Conversion, detail: String, rows: Vec<RowId>) -> Result<(), String> {
        if !self.model.conversions.contains(&conversion) {
            return Err(format!(
                "needs the conversion \"{}\", which the protocol does not declare",
                name(conversion)
            ));
        }
        self.applied.push(Applied {
            conversion,
            detail,
            rows,
        });
        Ok(())
    }
}

/// Name of a conversion as written in the protocol.
pub(crate) fn name(conversion: Conversion) -> &'static str {
    describe(conversion).0
}

/// Name and one-sentence description of a conversion.
pub(crate) fn describe(conversion: Conversion) -> (&'static str, &'static str) {
    match conversion {
        Conversion::SeToSd => ("se-to-sd", "SD of a raw mean = SE x sqrt(n)"),
        Conversion::CiToSd => (
            "ci-to-sd",
            "SD of a raw mean = sqrt(n) x interval width / (2 t(n - 1))",
        ),
        Conversion::CiToSe => ("ci-to-se", "SE of a printed contrast = interval width / (2 z)"),
        Conversion::PercentToEvents => (
            "percent-to-events",
            "events = the only integer that fits the printed percent and n",
        ),
        Conversion::MedianToMean => (
            "median-to-mean",
            "mean (Luo 2018) and SD (Wan 2014) from median and quartiles or range",
        ),
        Conversion::CrossoverPaired => (
            "crossover-paired",
            "both periods of a crossover compared within persons, with a declared correlation (Elbourne 2002)",
        ),
        Conversion::CrossoverBinary => (
            "crossover-binary",
            "events of both periods of a crossover, with a declared correlation (Becker and Balagtas 1993)",
        ),
        Conversion::CombineArms => (
            "combine-arms",
            "arms on one side combined into one group (Cochrane Handbook 23.3.4)",
        ),
        Conversion::CombineContrasts => (
            "combine-contrasts",
            "printed contrasts of several arms with one control combined by generalised least squares, \
             with the control arm's variance as covariance",
        ),
        Conversion::SplitControl => (
            "split-control",
            "a shared arm divided among the arms it is compared with",
        ),
        Conversion::ChangeAndEndpoint => (
            "change-and-endpoint",
            "change and endpoint scores in one pool of mean differences (Cochrane Handbook 10.5.2)",
        ),
        Conversion::AdjustedContrast => (
            "adjusted-contrast",
            "a model-adjusted mean difference pooled beside raw ones",
        ),
        Conversion::TurnSign => (
            "turn-sign",
            "a contrast printed as control against treatment, with its sign turned",
        ),
        Conversion::ZeroCell => (
            "zero-cell",
            "0.5 added to the four cells of a study with an empty cell (inverse variance)",
        ),
    }
}

/// n, mean and SD of one group.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Group {
    pub n: u64,
    pub mean: f64,
    pub sd: f64,
}

/// n, mean and SD of one arm at one visit, converting where declared.
///
/// The reason comes back where the row cannot be used: a missing n, no spread, or a model-adjusted
/// mean, whose SE is never turned into an SD.
pub(crate) fn group(row: &Observation, level: f64, ledger: &mut Ledger<'_>) -> Result<Group, String> {
    let at = || vec![row.row.clone()];
    if row.statistic == Statistic::LsmeanChange {
        return Err(
            "prints a model-adjusted mean: its standard error is not SD / sqrt(n), and is never \
                    turned into an SD"
                .to_owned(),
        );
    }
    let n = row.n.ok_or("does not print the number of people analysed")?;
    if let (Some(mean), Some(sd)) = (row.mean, row.sd) {
        return Ok(Group { n, mean, sd });
    }
    let size = n as f64;
    if let (Some(mean), Some(se)) = (row.mean, row.se) {
        let sd = sd_from_se(se, size).map_err(|e| e.to_string())?;
        ledger.apply(
            Conversion::SeToSd,
            format!("SD = {se} x sqrt({n}) = {sd:.4}"),
            at(),
        )?;
        return Ok(Group { n, mean, sd });
    }
    if let (Some(mean), Some(low), Some(high)) = (row.mean, row.ci_low, row.ci_high) {
        let se = from_interval(low, high, level, Reference::T(size - 1.0)).map_err(|e| e.to_string())?;
        let sd = sd_from_se(se, size).map_err(|e| e.to_string())?;
        let detail = format!(
            "SD from the {}% interval {low} to {high}, n {n}: {sd:.4}",
            level * 100.0
        );
        ledger.apply(Conversion::CiToSd, detail, at())?;
        return Ok(Group { n, mean, sd });
    }
    if row.median.is_some() {
        let moments = from_summary(row, size)?;
        let detail = format!(
            "mean {:.3}, SD {:.3} from the printed quantiles",
            moments.0, moments.1
        );
        ledger.apply(Conversion::MedianToMean, detail, at())?;
        return Ok(Group {
            n,
            mean: moments.0,
            sd: moments.1,
        });
    }
    Err(if row.mean.is_some() {
        "prints a mean without an SD, SE or interval".to_owned()
    } else {
        "prints no mean".to_owned()
    })
}

fn from_summary(row: &Observation, n: f64) -> Result<(f64, f64), String> {
    let quantiles = match (row.min, row.q1, row.median, row.q3, row.max) {
        (Some(min), Some(q1), Some(median), Some(q3), Some(max)) => Quantiles::Five {
            min,
            q1,
            median,
            q3,
            max,
        },
        (_, Some(q1), Some(median), Some(q3), _) => Quantiles::Quartiles { q1, median, q3 },
        (Some(min), _, Some(median), _, Some(max)) => Quantiles::Range { min, median, max },
        _ => return Err("prints a median without quartiles or a range".to_owned()),
    };
    let moments = mean_and_sd(quantiles, n).map_err(|e| e.to_string())?;
    Ok((moments.mean, moments.sd))
}

/// Events of one arm at one visit, from a percent where declared.
pub(crate) fn events(row: &Observation, ledger: &mut Ledger<'_>) -> Result<(u64, u64), String> {
    let n = row.n.ok_or("does not print the number of people analysed")?;
    if let Some(events) = row.events {
        if row.basis.as_deref() == Some("from_percent") {
            let detail = match row.percent {
                Some(percent) => format!("{events} of {n} from the printed {percent} %"),
                None => format!("{events} of {n} from a printed percent"),
            };
            ledger.apply(Conversion::PercentToEvents, detail, vec![row.row.clone()])?;
        }
        return Ok((events, n));
    }
    let percent = row.percent.ok_or("prints neither events nor a percent")?;
    let fitting: Vec<u64> = (0..=n).filter(|&e| fits(e, n, percent)).collect();
    match fitting.as_slice() {
        [events] => {
            let detail = format!("{events} of {n} is the only count that fits the printed {percent} %");
            ledger.apply(Conversion::PercentToEvents, detail, vec![row.row.clone()])?;
            Ok((*events, n))
        }
        [] => Err(format!(
            "prints {percent} %, which no whole number of {n} people gives"
        )),
        _ => Err(format!(
            "prints {percent} %, which more than one whole number of {n} people gives"
        )),
    }
}

/// Whether `events / n` rounds to the printed percent at the precision it was printed with.
fn fits(events: u64, n: u64, percent: f64) -> bool {
    let decimals = decimals_of(percent);
    let half = 0.5 * 10f64.powi(-decimals) + 1e-9;
    n > 0 && (100.0 * events as f64 / n as f64 - percent).abs() <= half
}

/// Decimals a number was written with, at most 6.
fn decimals_of(value: f64) -> i32 {
    (0..6)
        .find(|&d| (value * 10f64.powi(d)).fract().abs() < 1e-9)
        .unwrap_or(6)
}

/// Several groups combined into one (Cochrane Handbook 6.5.2.10).
pub(crate) fn combine(all: &[Group]) -> Result<Group, String> {
    let parts: Vec<means::Group> = all
        .iter()
        .map(|g| means::Group {
            mean: g.mean,
            sd: g.sd,
            n: g.n as f64,
        })
        .collect();
    let joined = groups::combine(&parts).map_err(|e| e.to_string())?;
    Ok(Group {
        n: all.iter().map(|g| g.n).sum(),
        mean: joined.mean,
        sd: joined.sd,
    })
}

/// Contrasts of several arms with one control, combined by generalised least squares.
///
/// V has the squared standard errors on its diagonal and the control arm's variance elsewhere;
/// the estimate is (1'V^-1 y) / (1'V^-1 1), its variance 1 / (1'V^-1 1). With a constant covariance
/// c, V = diag(s_i^2 - c) + c 11', whose inverse has a closed form (Sherman-Morrison).
pub(crate) fn combine_contrasts(y: &[f64], se: &[f64], control_variance: f64) -> Result<(f64, f64), String> {
    let mut sum_weight = 0.0;
    let mut sum_effect = 0.0;
    for (y, se) in y.iter().zip(se) {
        let own = se * se - control_variance;
        if own <= 0.0 {
            return Err("has a contrast whose variance is below that of its control arm".to_owned());
        }
        sum_weight += 1.0 / own;
        sum_effect += y / own;
    }
    Ok((sum_effect / sum_weight, 1.0 / sum_weight + control_variance))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn gls_of_contrasts_equals_the_dense_solution() {
        // Two contrasts, variances 9 and 8, covariance 3: V^-1 by hand is [8, -3; -3, 9] / 63.
        let (estimate, variance) = combine_contrasts(&[-9.0, -10.0], &[3.0, 8f64.sqrt()], 3.0).unwrap();
        let by_hand = (-9.0 * (8.0 - 3.0) + -10.0 * (9.0 - 3.0)) / (5.0 + 6.0);
        assert!((estimate - by_hand).abs() < 1e-12);
        assert!((variance - 63.0 / 11.0).abs() < 1e-12);
    }

    #[test]
    fn a_percent_fits_only_its_own_count() {
        assert!(fits(12, 13, 92.3));
        assert!(!fits(11, 13, 92.3));
        assert!(fits(7, 25, 28.0));
        assert_eq!(decimals_of(92.3), 1);
        assert_eq!(decimals_of(64.0), 0);
    }

    #[test]
    fn combined_groups_by_hand() {
        // 1, 2, 3 and 5, 7: together n 5, mean 3.6, SD sqrt(23.2 / 4).
        let all = combine(&[
            Group {
                n: 3,
                mean: 2.0,
                sd: 1.0,
            },
            Group {
                n: 2,
                mean: 6.0,
                sd: 2f64.sqrt(),
            },
        ])
        .unwrap();
        assert_eq!(all.n, 5);
        assert!((all.mean - 3.6).abs() < 1e-12);
        assert!((all.sd - 5.8f64.sqrt()).abs() < 1e-12);
    }
}
