//! Moderators: the rows of the design in every order.

use super::arrangements::{classes, count, next};
use super::statistics::Statistics;
use super::{Draws, Hits, PermuteError, Permuted, Plan, plan};
use crate::pool::projection::{MatrixDesign, Projection};
use crate::pool::{Options, PoolError, Test};
use crate::regress::{Design, RegressError, name_collinear};
use onset_effects::Effects;
use onset_math::random::Stream;
use rayon::prelude::*;

/// Arrangements done in one go.
const CHUNK: u64 = 512;

/// The design stays in its place and the effects move under its rows: the same pairs, and the design is
/// made orthonormal only once.
pub(super) fn test(
    effects: &Effects,
    design: &Design,
    options: &Options,
    draws: Draws,
    seed: u64,
) -> Result<Permuted, PermuteError> {
    let k = effects.k();
    if design.k() != k {
        return Err(RegressError::UnequalLengths {
            design: design.k(),
            effects: k,
        }
        .into());
    }
    let bits = |i: usize| design.row(i).iter().map(|x| (x + 0.0).to_bits()).collect();
    let (class, members) = classes((0..k).map(bits));
    let plan = plan(draws, count(&members))?;
    let (p, first) = (design.p(), usize::from(design.has_intercept()));
    let (y, v) = (effects.y(), effects.v());
    let base = MatrixDesign::new(y, v, design.x(), p).map_err(|c| name_collinear(design, c.0))?;
    let mut projection = Projection::Matrix(base.clone());
    let mut observed = Statistics::new(p);
    observed.fit(&mut projection, options, first)?;
    let (total, starts) = match plan {
        Plan::All(n) => (n, starts(&class)),
        Plan::Random(n) => (n, Vec::new()),
    };
    let chunk = |chunk: u64| -> Result<Hits, PoolError> {
        let mut hits = Hits::new(p);
        let mut found = Statistics::new(p);
        let mut projection = Projection::Matrix(base.clone());
        let mut walk = Walk::new(plan, &starts, chunk, seed, k);
        let (mut py, mut pv) = (vec![0.0; k], vec![0.0; k]);
        for _ in chunk * CHUNK..((chunk + 1) * CHUNK).min(total) {
            walk.place(&members);
            for (row, &study) in walk.study.iter().enumerate() {
                py[row] = y[study];
                pv[row] = v[study];
            }
            if let Projection::Matrix(x) = &mut projection {
                x.replace(&py, &pv);
            }
            found.fit(&mut projection, options, first)?;
            found.count(&observed, first, &mut hits);
        }
        Ok(hits)
    };
    let chunks: Vec<_> = (0..total.div_ceil(CHUNK)).into_par_iter().map(chunk).collect();
    let mut hits = Hits::new(p);
    for chunk in chunks {
        hits.add(&chunk?);
    }
    Ok(hits.shares(plan, design.has_intercept(), options.test.unwrap_or(Test::Z)))
}

/// The order at the start of every chunk of all orders.
fn starts(class: &[usize]) -> Vec<Vec<usize>> {
    let mut order = class.to_vec();
    order.sort_unstable();
    let mut starts = vec![order.clone()];
    let mut done = 0u64;
    while next(&mut order) {
        done += 1;
        if done.is_multiple_of(CHUNK) {
            starts.push(order.clone());
        }
    }
    starts
}

/// Orders one after another.
struct Walk {
    /// Which study stands at which row of the design.
    study: Vec<usize>,
    /// Class of the row that study i gets, when all orders are walked.
    order: Vec<usize>,
    used: Vec<usize>,
    stream: Option<Stream>,
    fresh: bool,
}

impl Walk {
    fn new(plan: Plan, starts: &[Vec<usize>], chunk: u64, seed: u64, k: usize) -> Self {
        let at = usize::try_from(chunk).unwrap_or(usize::MAX);
        Walk {
            study: (0..k).collect(),
            order: starts.get(at).cloned().unwrap_or_default(),
            used: vec![0; k],
            stream: matches!(plan, Plan::Random(_)).then(|| Stream::new(seed, chunk)),
            fresh: true,
        }
    }

    /// The next arrangement.
    fn place(&mut self, members: &[Vec<usize>]) {
        if let Some(stream) = &mut self.stream {
            stream.shuffle(&mut self.study);
            return;
        }
        if !self.fresh {
            next(&mut self.order);
        }
        self.fresh = false;
        self.used.fill(0);
        for (study, &class) in self.order.iter().enumerate() {
            self.study[members[class][self.used[class]]] = study;
            self.used[class] += 1;
        }
    }
}
