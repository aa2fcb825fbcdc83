//! The standard normal distribution.

use cdflib::special::{cumnor, error_fc_scaled};

use std::f64::consts::{FRAC_1_SQRT_2, LN_2};

const LN_SQRT_2PI: f64 = 0.918_938_533_204_672_8;
const FRAC_1_SQRT_2PI: f64 = 0.398_942_280_401_432_7;

/// Density `exp(-x^2/2) / sqrt(2 pi)`.
pub fn pdf(x: f64) -> f64 {
    // x^2 is split so that exp sees an exact part: without it the error grows as x^2 ulps.
    let head = (x * 16.0).trunc() / 16.0;
    if !head.is_finite() {
        return if x.is_nan() { f64::NAN } else { 0.0 };
    }
    let rest = (x - head) * (x + head);
    FRAC_1_SQRT_2PI * (-0.5 * head * head).exp() * (-0.5 * rest).exp()
}

/// Log density `-x^2/2 - ln(2 pi)/2`.
pub fn ln_pdf(x: f64) -> f64 {
    -0.5 * x * x - LN_SQRT_2PI
}

/// Lower tail `P(Z <= x)`, accurate in relative terms down to the underflow threshold.
pub fn cdf(x: f64) -> f64 {
    both(x).0
}

/// Upper tail `P(Z > x)`.
pub fn sf(x: f64) -> f64 {
    both(x).1
}

/// Two-sided p-value `2 P(Z > |z|)`.
pub fn two_sided_p(z: f64) -> f64 {
    2.0 * sf(z.abs())
}

/// `ln P(Z <= x)`, finite as long as `x^2` is: it does not underflow with the probability.
pub fn ln_cdf(x: f64) -> f64 {
    if x > 0.0 {
        (-sf(x)).ln_1p()
    } else if x > -5.0 {
        cdf(x).ln()
    } else if x == f64::NEG_INFINITY {
        x
    } else {
        error_fc_scaled(-x * FRAC_1_SQRT_2).ln() - LN_2 - 0.5 * x * x
    }
}

/// `ln P(Z > x)`.
pub fn ln_sf(x: f64) -> f64 {
    ln_cdf(-x)
}

/// Quantile: the x with `P(Z <= x) = p`; `-inf` at 0 and `inf` at 1.
///
/// Source: Wichura 1988, Applied Statistics 37:477, algorithm AS 241 (PPND16).
pub fn quantile(p: f64) -> f64 {
    if !(0.0..=1.0).contains(&p) {
        return f64::NAN;
    }
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        return q * central(0.180625 - q * q);
    }
    let small = if q < 0.0 { p } else { 1.0 - p };
    if small == 0.0 {
        return if q < 0.0 { f64::NEG_INFINITY } else { f64::INFINITY };
    }
    let x = outer((-libm::log(small)).sqrt());
    if q < 0.0 { -x } else { x }
}

/// Upper quantile: the x with `P(Z > x) = q`; keeps its accuracy for tiny `q`, where `1 - q` would round to 1.
pub fn upper_quantile(q: f64) -> f64 {
    -quantile(q)
}

/// Both tails at x, each computed directly.
fn both(x: f64) -> (f64, f64) {
    if x.is_nan() {
        (f64::NAN, f64::NAN)
    } else if x.abs() > 100.0 {
        if x > 0.0 { (1.0, 0.0) } else { (0.0, 1.0) }
    } else {
        cumnor(x)
    }
}

fn ratio(num: &[f64; 8], den: &[f64; 8], r: f64) -> f64 {
    let horner = |c: &[f64; 8]| c.iter().rev().fold(0.0, |acc, &k| acc * r + k);
    horner(num) / horner(den)
}

/// AS 241, |p - 1/2| <= 0.425.
fn central(r: f64) -> f64 {
    const A: [f64; 8] = [
        3.387_132_872_796_366_6,
        133.141_667_891_784_38,
        1_971.590_950_306_551_3,
        13_731.693_765_509_46,
        45_921.953_931_549_87,
        67_265.770_927_008_7,
        33_430.575_583_588_13,
        2_509.080_928_730_122_7,
    ];
    const B: [f64; 8] = [
        1.0,
        42.313_330_701_600_91,
        687.187_007_492_057_9,
        5_394.196_021_424_751,
        21_213.794_301_586_597,
        39_307.895_800_092_71,
        28_729.085_735_721_943,
        5_226.495_278_852_854,
    ];
    ratio(&A, &B, r)
}

/// AS 241, tails; `r = sqrt(-ln p)`.
fn outer(r: f64) -> f64 {
    const C: [f64; 8] = [
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        0.241_780_725_177_450_6,
        0.022_723_844_989_269_184,
        7.745_450_142_783_414e-4,
    ];
    const D: [f64; 8] = [
        1.0,
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        0.689_767_334_985_1,
        0.148_103_976_427_480_08,
        0.015_198_666_563_616_457,
        5.475_938_084_995_345e-4,
        1.050_750_071_644_416_9e-9,
    ];
    const E: [f64; 8] = [
        6.657_904_643_501_103,
        5.463_784_911_164_114,
        1.784_826_539_917_291_3,
        0.296_560_571_828_504_87,
        0.026_532_189_526_576_124,
        0.001_242_660_947_388_078_4,
        2.711_555_568_743_487_6e-5,
        2.010_334_399_292_288_1e-7,
    ];
    const F: [f64; 8] = [
        1.0,
        0.599_832_206_555_888,
        0.136_929_880_922_735_8,
        0.014_875_361_290_850_615,
        7.868_691_311_456_133e-4,
        1.846_318_317_510_054_7e-5,
        1.421_511_758_316_446e-7,
        2.044_263_103_389_939_8e-15,
    ];
    if r <= 5.0 {
        ratio(&C, &D, r - 1.6)
    } else {
        ratio(&E, &F, r - 5.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_values() {
        assert_eq!(cdf(0.0), 0.5);
        assert!((quantile(0.975) - 1.959_963_984_540_054).abs() < 1e-15);
        assert!((cdf(1.959_963_984_540_054) - 0.975).abs() < 1e-16);
        assert_eq!(quantile(0.5), 0.0);
        assert_eq!(quantile(0.0), f64::NEG_INFINITY);
        assert_eq!(quantile(1.0), f64::INFINITY);
        assert!(quantile(-0.1).is_nan() && quantile(f64::NAN).is_nan() && cdf(f64::NAN).is_nan());
    }
}
