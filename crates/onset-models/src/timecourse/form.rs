//! The forms of a curve: f(0) = 0, one or more linear columns, and zero to two shape parameters.

/// Most linear columns a form has.
pub(super) const MAX_COLUMNS: usize = 4;

/// The form of the time course.
///
/// | code | f(t) | shapes |
/// |---|---|---|
/// | `emax` | t / (ET50 + t) | log ET50 |
/// | `hill` | t^h / (ET50^h + t^h) | log ET50, log h |
/// | `exponential` | 1 - exp(-k t) | log k |
/// | `bateman` | (exp(-k_off t) - exp(-k_on t)) / c, c its peak | log k_on, log k_off |
/// | `emax-decay` | t / (ET50 + t) 2^(-t/h) | log ET50, log h (half-life) |
/// | `linear` | t | |
/// | `loglinear` | ln(1 + t) | |
/// | `spline` | natural cubic spline, zero at 0 | |
///
/// The amplitude of `bateman` is its peak; that of the saturating forms the value they approach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Form {
    /// Hyperbola.
    Emax,
    /// Hyperbola with a steepness.
    Hill,
    /// Exponential approach.
    Exponential,
    /// Rise and fall with two rates.
    Bateman,
    /// Hyperbola times exponential decay.
    EmaxDecay,
    /// Straight line.
    Linear,
    /// Straight line in ln(1 + t).
    Loglinear,
    /// Natural cubic spline.
    Spline,
}

impl Form {
    /// Every form.
    pub const ALL: [Form; 8] = [
        Form::Emax,
        Form::Hill,
        Form::Exponential,
        Form::Bateman,
        Form::EmaxDecay,
        Form::Linear,
        Form::Loglinear,
        Form::Spline,
    ];

    /// Code on the command line.
    pub fn code(self) -> &'static str {
        match self {
            Form::Emax => "emax",
            Form::Hill => "hill",
            Form::Exponential => "exponential",
            Form::Bateman => "bateman",
            Form::EmaxDecay => "emax-decay",
            Form::Linear => "linear",
            Form::Loglinear => "loglinear",
            Form::Spline => "spline",
        }
    }

    /// The form of a code.
    pub fn from_code(code: &str) -> Option<Form> {
        Form::ALL.into_iter().find(|f| f.code() == code)
    }

    /// Names of the shape parameters, all on the log scale.
    pub fn shapes(self) -> &'static [&'static str] {
        match self {
            Form::Emax => &["log_et50"],
            Form::Hill => &["log_et50", "log_hill"],
            Form::Exponential => &["log_rate"],
            Form::Bateman => &["log_k_on", "log_k_off"],
            Form::EmaxDecay => &["log_et50", "log_half_life"],
            Form::Linear | Form::Loglinear | Form::Spline => &[],
        }
    }

    /// The value an amplitude of 1 approaches, for forms that rise for ever towards it.
    pub fn limit(self) -> Option<f64> {
        match self {
            Form::Emax | Form::Hill | Form::Exponential => Some(1.0),
            _ => None,
        }
    }

    /// Whether the curve falls back to 0 after a peak.
    pub fn rises_and_falls(self) -> bool {
        matches!(self, Form::Bateman | Form::EmaxDecay)
    }

    /// Linear columns, given the knots of a spline.
    pub(super) fn columns(self, knots: &[f64]) -> usize {
        if self == Form::Spline {
            knots.len().saturating_sub(1).clamp(1, MAX_COLUMNS)
        } else {
            1
        }
    }

    /// Time of the peak of the form, where it has one inside.
    pub fn peak_time(self, shape: &[f64]) -> Option<f64> {
        let at = |i: usize| shape.get(i).copied().unwrap_or(0.0);
        match self {
            Form::Bateman => Some(bateman_peak(at(0).exp(), at(1).exp())),
            Form::EmaxDecay => {
                // ln t - ln(e + t) - t c has its maximum where e = c t (e + t).
                let (e, c) = (at(0).exp(), std::f64::consts::LN_2 / at(1).exp());
                Some(2.0 * e / (c * e + (c * c * e * e + 4.0 * c * e).sqrt()))
            }
            _ => None,
        }
    }

    /// Writes the columns at time `t` into `out`.
    pub(super) fn write(self, shape: &[f64], knots: &[f64], t: f64, out: &mut [f64]) {
        let at = |i: usize| shape.get(i).copied().unwrap_or(0.0);
        let value = match self {
            Form::Emax => t / (at(0).exp() + t),
            Form::Hill => {
                if t > 0.0 {
                    1.0 / (1.0 + (at(1).exp() * (at(0) - t.ln())).exp())
                } else {
                    0.0
                }
            }
            Form::Exponential => -(-at(0).exp() * t).exp_m1(),
            Form::Bateman => bateman(at(0).exp(), at(1).exp(), t),
            Form::EmaxDecay => t / (at(0).exp() + t) * (-t * std::f64::consts::LN_2 / at(1).exp()).exp(),
            Form::Linear => t,
            Form::Loglinear => t.ln_1p(),
            Form::Spline => return spline(knots, t, out),
        };
        if let Some(first) = out.first_mut() {
            *first = value;
        }
    }
}

fn bateman_peak(a: f64, b: f64) -> f64 {
    let (on, off) = (a.max(b), a.min(b));
    let ratio = (on - off) / off;
    if ratio < 1e-8 {
        1.0 / off
    } else {
        ratio.ln_1p() / (on - off)
    }
}

/// Symmetric in its two rates, so that the faster one is always the rise.
fn bateman(a: f64, b: f64, t: f64) -> f64 {
    let (on, off) = (a.max(b), a.min(b));
    let raw = |t: f64| {
        let gap = on - off;
        let rise = if gap / off < 1e-8 {
            t * off
        } else {
            -(-gap * t).exp_m1() * off / gap
        };
        rise * (-off * t).exp()
    };
    raw(t) / raw(bateman_peak(on, off))
}

/// Natural cubic spline without constant: t, then the truncated powers that are linear beyond the last knot.
///
/// Source: Hastie, Tibshirani & Friedman 2009, The Elements of Statistical Learning, eq. 5.4-5.5.
fn spline(knots: &[f64], t: f64, out: &mut [f64]) {
    let k = knots.len();
    let (first, last) = (
        knots.first().copied().unwrap_or(0.0),
        knots.last().copied().unwrap_or(1.0),
    );
    let span = (last - first).max(f64::MIN_POSITIVE);
    let cube = |x: f64| (x.max(0.0) / span).powi(3);
    let d = |knot: f64, t: f64| (cube(t - knot) - cube(t - last)) * span / (last - knot);
    let before_last = if k >= 2 {
        knots.get(k - 2).copied().unwrap_or(first)
    } else {
        first
    };
    for (j, cell) in out.iter_mut().enumerate() {
        *cell = match j.checked_sub(1).and_then(|j| knots.get(j)) {
            None => t / span,
            Some(&knot) => d(knot, t) - d(before_last, t) - (d(knot, 0.0) - d(before_last, 0.0)),
        };
    }
}

/// Knots of the default spline: the first, middle and last of the distinct times after baseline.
pub(super) fn default_knots(times: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut distinct: Vec<f64> = times.filter(|&t| t > 0.0).collect();
    distinct.sort_by(f64::total_cmp);
    distinct.dedup();
    match distinct.len() {
        0 => vec![0.0, 1.0],
        1 => distinct.first().map_or_else(Vec::new, |&t| vec![0.0, t]),
        2 => distinct,
        n => [0, n / 2, n - 1]
            .iter()
            .filter_map(|&i| distinct.get(i).copied())
            .collect(),
    }
}
