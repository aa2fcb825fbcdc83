//! From the analysis scale back to the scale people read.

use onset::effects::{BackTransform, Input, Inputs, Measure};

/// The way back for one measure, with the sizes two of the measures need.
#[derive(Debug, Clone, Copy)]
pub struct Back {
    transform: BackTransform,
    /// Harmonic mean of the sample sizes or person-times.
    size: Option<f64>,
}

impl Back {
    /// For `measure`, with the harmonic mean size of the rows `used`.
    pub fn new(measure: Measure, inputs: &Inputs, used: &[usize]) -> Self {
        let transform = measure.back_transform();
        let size = match transform {
            BackTransform::FreemanTukey => harmonic(used.iter().map(|&row| {
                let with_others = || Some(inputs.get(Input::Xi, row)? + inputs.get(Input::Mi, row)?);
                inputs.get(Input::Ni, row).or_else(with_others)
            })),
            BackTransform::FreemanTukeyRate => harmonic(used.iter().map(|&row| inputs.get(Input::Ti, row))),
            _ => None,
        };
        Back { transform, size }
    }

    /// Whether there is anything to transform.
    pub fn is_identity(&self) -> bool {
        self.transform == BackTransform::Identity
    }

    /// Whether the analysis scale is a logarithm.
    pub fn is_exponential(&self) -> bool {
        self.transform == BackTransform::Exp
    }

    /// `y` on the scale people read; `None` where it has no counterpart there.
    pub fn apply(&self, y: f64) -> Option<f64> {
        self.transform.apply(y, self.size)
    }
}

fn harmonic(sizes: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let (mut sum, mut count) = (0.0, 0.0);
    for size in sizes {
        sum += 1.0 / size.filter(|n| *n > 0.0)?;
        count += 1.0;
    }
    (count > 0.0).then(|| count / sum)
}
