//! The checked model, and its likelihood as a function of the parameters.

use super::MultilevelError;
use super::dense::Dense;
use super::moments::{Moments, Point, likelihood};
use super::nested::{Nested, is_nested};
use super::random::Random;
use super::sampling::{Sampling, check_length};
use super::shape::Shape;
use crate::pool::projection::orthonormal;
use crate::regress::{Design, name_collinear};

const LN_2PI: f64 = 1.837_877_066_409_345_3;

/// Restricted or full likelihood.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Likelihood {
    /// Restricted maximum likelihood.
    #[default]
    Reml,
    /// Maximum likelihood.
    Ml,
}

impl Likelihood {
    /// `REML` or `ML`.
    pub fn code(self) -> &'static str {
        match self {
            Likelihood::Reml => "REML",
            Likelihood::Ml => "ML",
        }
    }
}

/// Effects, design, sampling covariance and random effects that fit together.
#[derive(Debug, Clone)]
pub(crate) struct Model {
    pub y: Vec<f64>,
    pub design: Design,
    pub sampling: Sampling,
    pub random: Vec<Random>,
    pub shapes: Vec<Shape>,
    /// X = Z R with orthonormal Z; `None` for an intercept alone, where X is used as it is.
    rotation: Option<(Vec<f64>, Vec<f64>)>,
    /// Rows of [Z r]: r the least-squares residual of y.
    columns: Vec<f64>,
    /// Least-squares coefficients of Z.
    first_beta: Vec<f64>,
    engine: Engine,
}

#[derive(Debug, Clone)]
enum Engine {
    Nested(Box<Nested>),
    Dense(Dense),
}

impl Model {
    /// Checks and joins the parts.
    pub fn new(
        y: &[f64],
        design: &Design,
        sampling: Sampling,
        random: Vec<Random>,
    ) -> Result<Model, MultilevelError> {
        let (n, p) = (y.len(), design.p());
        check_length("the design", design.k(), n)?;
        check_length("the sampling covariance", sampling.n(), n)?;
        for effect in &random {
            check_length(&format!("'{}'", effect.name), effect.group.len(), n)?;
        }
        if n <= p {
            let needed = p + 1;
            return Err(MultilevelError::TooFewEffects { found: n, needed });
        }
        let constant = p == 1 && design.x().iter().all(|x| *x == 1.0);
        let rotation = if constant {
            None
        } else {
            let found = orthonormal(design.x(), n, p);
            Some(found.map_err(|collinear| name_collinear(design, collinear.0))?)
        };
        check_groups(&random)?;
        let z = rotation.as_ref().map_or(design.x(), |(z, _)| z.as_slice());
        let scale = if constant { n as f64 } else { 1.0 };
        let mut first_beta = vec![0.0; p];
        for (row, y) in z.chunks_exact(p).zip(y) {
            first_beta
                .iter_mut()
                .zip(row)
                .for_each(|(b, z)| *b += z * y / scale);
        }
        let mut columns = Vec::with_capacity(n * (p + 1));
        for (row, y) in z.chunks_exact(p).zip(y) {
            columns.extend_from_slice(row);
            columns.push(y - row.iter().zip(&first_beta).map(|(z, b)| z * b).sum::<f64>());
        }
        let engine = match Nested::new(&sampling, &random, &columns, p + 1, constant) {
            Some(nested) => Engine::Nested(Box::new(nested)),
            None => Engine::Dense(Dense::new(&sampling, &random, &columns, p + 1)),
        };
        Ok(Model {
            y: y.to_vec(),
            design: design.clone(),
            shapes: random.iter().map(Shape::new).collect(),
            sampling,
            random,
            rotation,
            columns,
            first_beta,
            engine,
        })
    }

    /// The model of the effects `rows`.
    pub fn select(&self, rows: &[usize]) -> Result<Model, MultilevelError> {
        let y: Vec<f64> = rows.iter().map(|&row| self.y[row]).collect();
        let x = rows
            .iter()
            .flat_map(|&row| self.design.row(row).to_vec())
            .collect();
        let design = Design::new(self.design.names().to_vec(), x, self.design.has_intercept())
            .map_err(crate::regress::RegressError::from)?;
        let random = self.random.iter().map(|effect| effect.select(rows)).collect();
        Model::new(&y, &design, self.sampling.select(rows), random)
    }

    /// The same model by Cholesky factors of whole blocks.
    #[cfg(test)]
    pub fn densely(&self) -> Model {
        let mut other = self.clone();
        other.engine = Engine::Dense(Dense::new(
            &self.sampling,
            &self.random,
            &self.columns,
            self.p() + 1,
        ));
        other
    }

    pub fn n(&self) -> usize {
        self.y.len()
    }

    pub fn p(&self) -> usize {
        self.design.p()
    }

    /// Number of parameters of the random effects.
    pub fn q(&self) -> usize {
        self.shapes.iter().map(Shape::parameters).sum()
    }

    pub fn is_nested(&self) -> bool {
        matches!(self.engine, Engine::Nested(_))
    }

    /// Least-squares residual of each effect.
    pub fn residuals(&self) -> impl Iterator<Item = f64> {
        self.columns
            .chunks_exact(self.p() + 1)
            .map(|row| row[row.len() - 1])
    }

    /// The likelihood at `theta`, without constants.
    pub fn evaluate(&self, theta: &[f64], method: Likelihood, derivatives: bool) -> Option<Point> {
        let mut moments = Moments::new(if derivatives { self.q() } else { 0 }, self.p() + 1);
        match &self.engine {
            Engine::Nested(nested) => nested.moments(theta, derivatives, &mut moments),
            Engine::Dense(dense) => {
                if !dense.moments(theta, derivatives, &mut moments) {
                    return None;
                }
            }
        }
        likelihood(&moments, self.p(), method == Likelihood::Reml, derivatives)
    }

    /// What the value of a [`Point`] lacks to be the log-likelihood; REML carries + ln|X'X|/2.
    pub fn constant(&self, method: Likelihood) -> f64 {
        let (n, p) = (self.n() as f64, self.p() as f64);
        match method {
            Likelihood::Ml => -0.5 * n * LN_2PI,
            Likelihood::Reml => {
                let gram = if self.rotation.is_none() { n.ln() } else { 0.0 };
                -0.5 * (n - p) * LN_2PI + 0.5 * gram
            }
        }
    }

    /// Coefficients and their covariance (row-major) in the units of the design.
    pub fn coefficients(&self, point: &Point) -> (Vec<f64>, Vec<f64>) {
        let p = self.p();
        let beta: Vec<f64> = point
            .beta
            .iter()
            .zip(&self.first_beta)
            .map(|(a, b)| a + b)
            .collect();
        let covariance = point.information.inverse();
        match &self.rotation {
            None => (beta, covariance.as_slice().to_vec()),
            Some((_, r)) => {
                let beta = solve_upper(r, p, &beta);
                // R^-1 C R^-T, column by column twice
                let mut half = vec![0.0; p * p];
                for j in 0..p {
                    let column = solve_upper(r, p, &covariance.col(j));
                    (0..p).for_each(|i| half[i * p + j] = column[i]);
                }
                let mut whole = vec![0.0; p * p];
                for i in 0..p {
                    let row = solve_upper(r, p, &half[i * p..(i + 1) * p]);
                    whole[i * p..(i + 1) * p].copy_from_slice(&row);
                }
                (beta, whole)
            }
        }
    }

    /// The marginal covariance of the effects `rows` given G of each random effect.
    pub fn marginal(&self, g: &[Vec<f64>], rows: &[usize]) -> Vec<f64> {
        let m = rows.len();
        let mut out = vec![0.0; m * m];
        for (a, &i) in rows.iter().enumerate() {
            for (b, &j) in rows.iter().enumerate().take(a + 1) {
                let mut value = self.sampling.covariance(i, j);
                for (effect, g) in self.random.iter().zip(g) {
                    if effect.group[i] == effect.group[j] {
                        value += g[effect.level_of(i) * effect.levels() + effect.level_of(j)];
                    }
                }
                out[a * m + b] = value;
                out[b * m + a] = value;
            }
        }
        out
    }

    /// G of each random effect.
    pub fn covariances(&self, theta: &[f64]) -> Vec<Vec<f64>> {
        let mut start = 0;
        let mut out = Vec::with_capacity(self.shapes.len());
        for shape in &self.shapes {
            out.push(shape.covariance(&theta[start..start + shape.parameters()]));
            start += shape.parameters();
        }
        out
    }
}

fn solve_upper(r: &[f64], p: usize, b: &[f64]) -> Vec<f64> {
    let mut x = b.to_vec();
    for i in (0..p).rev() {
        let rest: f64 = (i + 1..p).map(|j| r[i * p + j] * x[j]).sum();
        x[i] = (x[i] - rest) / r[i * p + i];
    }
    x
}

fn check_groups(random: &[Random]) -> Result<(), MultilevelError> {
    for (t, effect) in random.iter().enumerate() {
        let name = || effect.name.clone();
        let first = effect.group.first();
        if effect.is_intercept() && effect.group.iter().all(|g| Some(g) == first) {
            return Err(MultilevelError::SingleGroup { name: name() });
        }
        for other in &random[..t] {
            let both = effect.is_intercept() && other.is_intercept();
            if both && is_nested(effect, other) && is_nested(other, effect) {
                let first = other.name.clone();
                return Err(MultilevelError::SameGroups {
                    first,
                    second: name(),
                });
            }
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two routes to the same derivatives: recursion over groups and whole blocks.
    const ROUTES: f64 = 1e-11;
    /// Central differences of a likelihood of size 10.
    const DIFFERENCES: f64 = 1e-5;

    fn made(labels: [&[usize]; 3], rho: Option<f64>) -> Model {
        let n = labels[0].len();
        let y: Vec<f64> = (0..n).map(|i| ((i * 37 + 11) % 17) as f64 / 9.0).collect();
        let v: Vec<f64> = (0..n).map(|i| 0.05 + ((i * 5) % 7) as f64 / 20.0).collect();
        let dose: Vec<f64> = (0..n).map(|i| ((i * 3) % 5) as f64).collect();
        let random = labels
            .iter()
            .enumerate()
            .map(|(at, ids)| Random::intercept(&at.to_string(), ids))
            .collect();
        let sampling = match rho {
            Some(rho) => Sampling::constant(&v, labels[1], rho).unwrap(),
            None => Sampling::independent(&v).unwrap(),
        };
        Model::new(
            &y,
            &Design::numeric(&[("dose", &dose)]).unwrap(),
            sampling,
            random,
        )
        .unwrap()
    }

    #[test]
    fn recursion_and_whole_blocks_agree_and_so_do_differences() {
        let outer = [0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 3];
        let middle = [0, 0, 0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5, 6];
        let row: Vec<usize> = (0..14).collect();
        let pairs = [0, 0, 1, 2, 2, 3, 4, 5, 5, 6, 7, 8, 9, 10];
        for (lowest, rho) in [(&row[..], None), (&row[..], Some(0.4)), (&pairs[..], None)] {
            let model = made([&outer, &middle, lowest], rho);
            assert!(model.is_nested());
            let theta = [0.4, 0.3, 0.2];
            for method in [Likelihood::Reml, Likelihood::Ml] {
                let one = model.evaluate(&theta, method, true).unwrap();
                let two = model.densely().evaluate(&theta, method, true).unwrap();
                let bare = model.evaluate(&theta, method, false).unwrap();
                assert!((one.value - two.value).abs() < ROUTES && (one.value - bare.value).abs() < ROUTES);
                let value = |k: usize, h: f64| {
                    let mut moved = theta;
                    moved[k] += h;
                    model.evaluate(&moved, method, true).unwrap()
                };
                for i in 0..3 {
                    assert!((one.gradient[i] - two.gradient[i]).abs() < ROUTES);
                    let slope = (value(i, 1e-5).value - value(i, -1e-5).value) / 2e-5;
                    assert!((one.gradient[i] - slope).abs() < DIFFERENCES);
                    for j in 0..3 {
                        assert!((one.hessian[(i, j)] - two.hessian[(i, j)]).abs() < 10.0 * ROUTES);
                        let bend = (value(i, 1e-5).gradient[j] - value(i, -1e-5).gradient[j]) / 2e-5;
                        assert!((one.hessian[(i, j)] - bend).abs() < DIFFERENCES);
                    }
                }
            }
        }
    }

    #[test]
    fn derivatives_of_structures_agree_with_differences() {
        let study = ["a", "a", "a", "b", "b", "b", "c", "c", "d", "d", "e", "e", "e"];
        let time = ["1", "2", "4", "1", "2", "4", "1", "4", "2", "4", "1", "2", "4"];
        let n = study.len();
        let y: Vec<f64> = (0..n).map(|i| ((i * 37 + 11) % 17) as f64 / 9.0).collect();
        let design = Design::new(vec!["intercept".into()], vec![1.0; n], true).unwrap();
        for (structure, _) in super::super::Structure::ALL {
            let random = Random::structured(("time", &time), ("study", &study), structure).unwrap();
            let sampling = Sampling::constant(&vec![0.1; n], &study, 0.3).unwrap();
            let model = Model::new(&y, &design, sampling, vec![random]).unwrap();
            let theta: Vec<f64> = (0..model.q()).map(|k| 0.3 + 0.1 * k as f64).collect();
            let one = model.evaluate(&theta, Likelihood::Reml, true).unwrap();
            for i in 0..model.q() {
                let at = |h: f64| {
                    let mut moved = theta.clone();
                    moved[i] += h;
                    model.evaluate(&moved, Likelihood::Reml, true).unwrap()
                };
                let (up, down) = (at(1e-5), at(-1e-5));
                assert!(
                    (one.gradient[i] - (up.value - down.value) / 2e-5).abs() < DIFFERENCES,
                    "{structure:?} {i}"
                );
                for j in 0..model.q() {
                    let bend = (up.gradient[j] - down.gradient[j]) / 2e-5;
                    assert!(
                        (one.hessian[(i, j)] - bend).abs() < DIFFERENCES,
                        "{structure:?} {i} {j}"
                    );
                }
            }
        }
    }
}
