//! Sums in four lanes: a fixed order of additions that the compiler can keep in vector registers.

/// Sums M terms of two slices of one length.
#[inline(always)]
pub(crate) fn sum2<const M: usize>(a: &[f64], b: &[f64], term: impl Fn(f64, f64) -> [f64; M]) -> [f64; M] {
    let mut lanes = [[0.0f64; 4]; M];
    let (a_chunks, a_rest) = a.as_chunks::<4>();
    let (b_chunks, b_rest) = b.as_chunks::<4>();
    for (x, z) in a_chunks.iter().zip(b_chunks) {
        for lane in 0..4 {
            let terms = term(x[lane], z[lane]);
            for m in 0..M {
                lanes[m][lane] += terms[m];
            }
        }
    }
    for (lane, (&x, &z)) in a_rest.iter().zip(b_rest).enumerate() {
        let terms = term(x, z);
        for m in 0..M {
            lanes[m][lane] += terms[m];
        }
    }
    lanes.map(|l| (l[0] + l[2]) + (l[1] + l[3]))
}

/// sum ln(v + t): one logarithm for eight factors where their product cannot overflow.
pub(crate) fn sum_ln(v: &[f64], t: f64) -> f64 {
    const LOW: f64 = 1e-35;
    const HIGH: f64 = 1e35;
    let mut total = 0.0;
    for block in v.chunks(8) {
        let mut product = 1.0;
        let mut plain = false;
        for &x in block {
            let u = x + t;
            plain |= !(LOW..=HIGH).contains(&u);
            product *= u;
        }
        total += if plain {
            block.iter().map(|&x| (x + t).ln()).sum()
        } else {
            product.ln()
        };
    }
    total
}

/// A run of numbers, on the stack up to 64 of them.
#[derive(Debug)]
pub(crate) struct Buffer {
    stack: [f64; 64],
    heap: Vec<f64>,
    n: usize,
}

impl Buffer {
    /// n zeros.
    pub fn new(n: usize) -> Self {
        let heap = if n > 64 { vec![0.0; n] } else { Vec::new() };
        Buffer {
            stack: [0.0; 64],
            heap,
            n,
        }
    }

    /// The numbers.
    #[inline(always)]
    pub fn get(&self) -> &[f64] {
        if self.n > 64 {
            &self.heap
        } else {
            &self.stack[..self.n]
        }
    }

    /// The numbers, to be written.
    #[inline(always)]
    pub fn get_mut(&mut self) -> &mut [f64] {
        if self.n > 64 {
            &mut self.heap
        } else {
            &mut self.stack[..self.n]
        }
    }
}
