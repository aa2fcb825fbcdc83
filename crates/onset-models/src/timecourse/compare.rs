//! Other forms and fewer studies: how much the answer leans on either.

use super::TimecourseError;
use super::data::Longitudinal;
use super::fit::{Ending, Fit, Options, fit};
use super::form::Form;

/// One form beside the others.
#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// Form.
    pub form: Form,
    /// Weighted residual sum of squares.
    pub rss: f64,
    /// Parameters, those of each study included.
    pub parameters: usize,
    /// Akaike's criterion.
    pub aic: f64,
    /// How the search ended.
    pub ending: Ending,
    /// Why its shapes are not identified.
    pub why_not: Option<String>,
}

/// Every form on the same data with the same options; a form that cannot be fitted is an error in its place.
pub fn compare_forms(
    data: &Longitudinal,
    options: &Options,
) -> Vec<(Form, Result<Comparison, TimecourseError>)> {
    Form::ALL
        .into_iter()
        .map(|form| {
            let mut options = options.clone();
            options.form = form;
            options
                .fixed
                .retain(|name, _| form.shapes().contains(&name.as_str()));
            let done = fit(data, &options).map(|fit| Comparison {
                form,
                rss: fit.rss,
                parameters: fit.parameters_in_all,
                aic: fit.aic,
                ending: fit.ending,
                why_not: fit.why_not().map(str::to_owned),
            });
            (form, done)
        })
        .collect()
}

/// A fit without one study.
#[derive(Debug, Clone)]
pub struct LeftOut {
    /// The study left out.
    pub study: String,
    /// The fit; `None` when a treatment then lost its place.
    pub fit: Option<Fit>,
}

/// The fit without each study in turn, in the order of the data.
pub fn leave_one_out(data: &Longitudinal, options: &Options) -> Vec<LeftOut> {
    data.studies
        .iter()
        .enumerate()
        .map(|(i, study)| LeftOut {
            study: study.name.clone(),
            fit: data.without(i).and_then(|rest| fit(&rest, options).ok()),
        })
        .collect()
}
