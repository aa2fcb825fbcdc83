//! What `onset multilevel` adds when a flag asks for it.

use super::ModelArgs;
use super::answer::{Answer, BandEntry, HatEntry, Influence, WildEntry, named};
use crate::load::LoadedEffects;
use crate::transform::Back;
use onset::data::Diagnostic;
use onset::effects::Effects;
use onset::models::multilevel::{
    Multilevel, MultilevelError, Options, Random, Robust, Sampling, WildWeights, multilevel,
};
use onset::models::regress::Design;

/// The fit and where it came from.
pub struct Context<'a> {
    pub loaded: &'a LoadedEffects,
    pub model: &'a ModelArgs,
    pub rows: &'a [usize],
    pub effects: &'a Effects,
    pub design: &'a Design,
    pub random: &'a [Random],
    pub options: &'a Options,
    pub back: &'a Back,
}

impl Context<'_> {
    /// Adds the blocks of the flags to the answer; `clusters` are those of `--cluster` or of the outermost
    /// grouping.
    ///
    /// # Errors
    /// What the model refuses.
    pub fn add(
        &self,
        fit: &Multilevel,
        clusters: &[&str],
        answer: &mut Answer,
        warnings: &mut Vec<Diagnostic>,
    ) -> Result<(), MultilevelError> {
        if self.model.predict {
            answer.prediction = Some(self.prediction(fit, warnings)?);
        }
        if self.model.blup {
            answer.blup = Some(fit.blups()?);
        }
        if self.model.lrt {
            answer.lrt = Some(fit.random_tests()?);
        }
        if self.model.influence {
            let hat = fit.hat()?;
            let mut hats: Vec<HatEntry> = self
                .loaded
                .rows
                .iter()
                .map(|row| HatEntry {
                    label: row.label.clone(),
                    hat: None,
                })
                .collect();
            for (&row, value) in self.rows.iter().zip(hat) {
                if let Some(entry) = hats.get_mut(row) {
                    entry.hat = Some(value);
                }
            }
            answer.influence = Some(Influence {
                clusters: fit.without_clusters(clusters)?,
                hat: hats,
            });
        }
        if !self.model.rho_band.is_empty() {
            answer.rho_band = Some(self.band(clusters)?);
        }
        Ok(())
    }

    /// The mean with a prediction interval; with moderators a row of them would be needed.
    fn prediction(
        &self,
        fit: &Multilevel,
        warnings: &mut Vec<Diagnostic>,
    ) -> Result<Option<onset::models::multilevel::Predicted>, MultilevelError> {
        let found = match self.design.p() {
            1 => fit.predict(&[1.0], None).ok(),
            _ => None,
        };
        if found.is_none() {
            let text = "a prediction interval belongs to a row of moderators, and to a level where variances differ \
                        by level: none is given";
            warnings.push(Diagnostic::note("prediction_with_moderators", text));
        }
        Ok(found)
    }

    /// The model again at other correlations of sampling errors.
    fn band(&self, clusters: &[&str]) -> Result<Vec<BandEntry>, MultilevelError> {
        let options = Options {
            intervals: false,
            ..*self.options
        };
        self.model
            .rho_band
            .iter()
            .map(|&rho| {
                let sampling = Sampling::constant(self.effects.v(), clusters, rho)?;
                let random = self.random.to_vec();
                let fit = multilevel(self.effects, self.design, sampling, random, &options)?.value;
                let robust = match self.model.robust {
                    Some(kind) => Some(named(&fit.robust(clusters, kind)?.coefficients, self.back)),
                    None => None,
                };
                Ok(BandEntry {
                    rho,
                    coefficients: named(&fit.coefficients, self.back),
                    sigma2: fit.sigma2.iter().map(|c| c.value).collect(),
                    loglik: fit.loglik(),
                    robust,
                })
            })
            .collect()
    }

    /// The wild bootstrap of all coefficients but the intercept, or of the intercept alone.
    ///
    /// # Errors
    /// `BadContrast`.
    pub fn wild(&self, robust: &Robust) -> Result<Option<WildEntry>, MultilevelError> {
        let Some(replicates) = self.model.wild else {
            return Ok(None);
        };
        let mut contrasts = robust.moderator_contrasts(self.design.has_intercept());
        if contrasts.is_empty() {
            contrasts.push(vec![1.0]);
        }
        let found = robust.wild_bootstrap(
            &contrasts,
            replicates as usize,
            WildWeights::Rademacher,
            self.model.seed,
        )?;
        Ok(Some(WildEntry {
            statistic: found.statistic,
            p: found.p,
            replicates: found.replicates,
            exact: found.exact,
        }))
    }
}
