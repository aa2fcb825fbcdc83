//! Every effect measure that is offered: one table of code, name, family, scale and back-transform.

use serde::{Serialize, Serializer};

/// What the numbers of a measure describe; it decides which columns are needed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Family {
    /// Counts of two independent groups: `ai bi ci di`.
    TwoByTwo,
    /// Counts of matched pairs: `ai bi ci di`.
    MatchedPairs,
    /// Events and person-time of two groups: `x1i x2i t1i t2i`.
    PersonTime,
    /// Means and standard deviations of two independent groups: `m1i sd1i n1i m2i sd2i n2i`.
    TwoMeans,
    /// A correlation: `ri ni`.
    Correlation,
    /// A (semi-)partial correlation from a regression: `ti ni mi r2i`.
    PartialCorrelation,
    /// The coefficient of determination of a regression: `r2i mi ni`.
    Determination,
    /// A proportion: `xi ni` (or `xi mi`).
    Proportion,
    /// A rate: `xi ti`.
    Rate,
    /// A mean and standard deviation: `mi sdi ni`.
    OneMean,
    /// Means of one group at two times, or of two matched groups: `m1i m2i sd1i sd2i ri ni`.
    Change,
    /// Cronbach's alpha: `ai mi ni`.
    Reliability,
    /// Genotype counts: `ai bi ci`.
    Genotypes,
    /// A probability of superiority: `ai n1i n2i`.
    Superiority,
    /// Effects that come computed: `yi` with `vi` or `sei`.
    Generic,
}

/// The scale on which a measure is analysed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scale {
    /// Natural logarithm of a ratio of two groups; 0 is no difference.
    LogRatio,
    /// Natural logarithm of one quantity.
    Log,
    /// Difference in the units of the outcome.
    Difference,
    /// Difference in standard deviations.
    Standardised,
    /// Correlation or association between -1 and 1.
    Correlation,
    /// Fisher's z, the inverse hyperbolic tangent of a correlation.
    FisherZ,
    /// A share or probability.
    Proportion,
    /// Log odds.
    Logit,
    /// Standard normal quantile.
    Probit,
    /// Arcsine of the square root.
    Arcsine,
    /// Square root.
    SquareRoot,
    /// The units of the quantity itself.
    Raw,
    /// A transformation that belongs to this measure alone.
    Own,
}

/// How a value on the analysis scale returns to the scale people read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum BackTransform {
    /// As it is.
    Identity,
    /// exp(y).
    Exp,
    /// tanh(y).
    Tanh,
    /// tanh(y)^2, for variance-stabilised R2.
    TanhSquared,
    /// 1 / (1 + exp(-y)).
    InverseLogit,
    /// Standard normal distribution function.
    InverseProbit,
    /// sin(y)^2.
    Arcsine,
    /// Freeman-Tukey double arcsine, with a sample size.
    FreemanTukey,
    /// y^2.
    Square,
    /// Freeman-Tukey transformation of a rate, with a person-time.
    FreemanTukeyRate,
    /// 1 - (1 - y)^3, Hakstian and Whalen.
    HakstianWhalen,
    /// 1 - exp(-y), Bonett.
    BonettAlpha,
}

macro_rules! measures {
    ($($variant:ident $code:literal $name:literal $family:ident $scale:ident $back:ident;)*) => {
        /// An effect measure, by its field-standard code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
        #[non_exhaustive]
        pub enum Measure {
            $(#[doc = concat!("`", $code, "`: ", $name, ".")] $variant,)*
        }

        impl Measure {
            /// Every measure, in the order of the documentation.
            pub const ALL: &[Measure] = &[$(Measure::$variant,)*];

            /// Code, as in `--measure`.
            pub fn code(self) -> &'static str {
                match self { $(Measure::$variant => $code,)* }
            }

            /// Name in full.
            pub fn name(self) -> &'static str {
                match self { $(Measure::$variant => $name,)* }
            }

            /// What its numbers describe.
            pub fn family(self) -> Family {
                match self { $(Measure::$variant => Family::$family,)* }
            }

            /// Scale of the analysis.
            pub fn scale(self) -> Scale {
                match self { $(Measure::$variant => Scale::$scale,)* }
            }

            /// Way back to the scale people read.
            pub fn back_transform(self) -> BackTransform {
                match self { $(Measure::$variant => BackTransform::$back,)* }
            }
        }
    };
}

measures! {
    RiskRatio "RR" "log risk ratio" TwoByTwo LogRatio Exp;
    OddsRatio "OR" "log odds ratio" TwoByTwo LogRatio Exp;
    Peto "PETO" "log odds ratio by Peto's one-step method" TwoByTwo LogRatio Exp;
    RiskDifference "RD" "risk difference" TwoByTwo Difference Identity;
    ArcsineDifference "AS" "arcsine square-root transformed risk difference" TwoByTwo Arcsine Identity;
    Phi "PHI" "phi coefficient" TwoByTwo Correlation Identity;
    PhiZ "ZPHI" "Fisher's z of the phi coefficient" TwoByTwo FisherZ Tanh;
    YuleQ "YUQ" "Yule's Q" TwoByTwo Correlation Identity;
    YuleY "YUY" "Yule's Y" TwoByTwo Correlation Identity;
    Tetrachoric "RTET" "tetrachoric correlation" TwoByTwo Correlation Identity;
    TetrachoricZ "ZTET" "Fisher's z of the tetrachoric correlation" TwoByTwo FisherZ Tanh;
    ProbitDifference "PBIT" "probit transformed risk difference" TwoByTwo Standardised Identity;
    OddsToD "OR2D" "log odds ratio as a standardised mean difference, logistic" TwoByTwo Standardised Identity;
    OddsToDNormal "OR2DN" "log odds ratio as a standardised mean difference, normal" TwoByTwo Standardised Identity;
    OddsToDLogistic "OR2DL" "log odds ratio as a standardised mean difference, logistic" TwoByTwo Standardised Identity;
    PairedRiskDifference "MPRD" "matched pairs: marginal risk difference" MatchedPairs Difference Identity;
    PairedRiskRatio "MPRR" "matched pairs: marginal log risk ratio" MatchedPairs LogRatio Exp;
    PairedOddsRatio "MPOR" "matched pairs: marginal log odds ratio" MatchedPairs LogRatio Exp;
    PairedOddsRatioConditional "MPORC" "matched pairs: conditional log odds ratio" MatchedPairs LogRatio Exp;
    PairedPeto "MPPETO" "matched pairs: conditional log odds ratio by Peto's method" MatchedPairs LogRatio Exp;
    RateRatio "IRR" "log incidence rate ratio" PersonTime LogRatio Exp;
    RateDifference "IRD" "incidence rate difference" PersonTime Difference Identity;
    RootRateDifference "IRSD" "square-root transformed incidence rate difference" PersonTime SquareRoot Identity;
    MeanDifference "MD" "mean difference" TwoMeans Difference Identity;
    Smd "SMD" "standardised mean difference, Hedges g" TwoMeans Standardised Identity;
    SmdUnequal "SMDH" "standardised mean difference, unequal variances" TwoMeans Standardised Identity;
    SmdGlass "SMD1" "standardised mean difference by the SD of group 2, Glass's delta" TwoMeans Standardised Identity;
    SmdGlassUnequal "SMD1H" "standardised mean difference by the SD of group 2, unequal variances" TwoMeans Standardised Identity;
    RatioOfMeans "ROM" "log ratio of means" TwoMeans LogRatio Exp;
    VariabilityRatio "VR" "log variability ratio" TwoMeans LogRatio Exp;
    CoefficientOfVariationRatio "CVR" "log coefficient of variation ratio" TwoMeans LogRatio Exp;
    PointBiserial "RPB" "point-biserial correlation" TwoMeans Correlation Identity;
    PointBiserialZ "ZPB" "Fisher's z of the point-biserial correlation" TwoMeans FisherZ Tanh;
    Biserial "RBIS" "biserial correlation" TwoMeans Correlation Identity;
    BiserialZ "ZBIS" "Fisher's z of the biserial correlation" TwoMeans FisherZ Tanh;
    DToOdds "D2OR" "standardised mean difference as a log odds ratio, logistic" TwoMeans LogRatio Exp;
    DToOddsNormal "D2ORN" "standardised mean difference as a log odds ratio, normal" TwoMeans LogRatio Exp;
    DToOddsLogistic "D2ORL" "standardised mean difference as a log odds ratio, logistic" TwoMeans LogRatio Exp;
    SuperiorityNormal "CLESN" "common language effect size, normal" TwoMeans Proportion Identity;
    Correlation "COR" "correlation" Correlation Correlation Identity;
    CorrelationUnbiased "UCOR" "correlation, corrected for bias" Correlation Correlation Identity;
    CorrelationZ "ZCOR" "Fisher's z of the correlation" Correlation FisherZ Tanh;
    PartialCorrelation "PCOR" "partial correlation" PartialCorrelation Correlation Identity;
    PartialCorrelationZ "ZPCOR" "Fisher's z of the partial correlation" PartialCorrelation FisherZ Tanh;
    SemiPartialCorrelation "SPCOR" "semi-partial correlation" PartialCorrelation Correlation Identity;
    SemiPartialCorrelationZ "ZSPCOR" "Fisher's z of the semi-partial correlation" PartialCorrelation FisherZ Tanh;
    RSquared "R2" "coefficient of determination, random predictors" Determination Proportion Identity;
    RSquaredZ "ZR2" "variance-stabilised coefficient of determination, random predictors" Determination Own TanhSquared;
    Proportion "PR" "proportion" Proportion Proportion Identity;
    ProportionLog "PLN" "log proportion" Proportion Log Exp;
    ProportionLogit "PLO" "logit transformed proportion" Proportion Logit InverseLogit;
    ProportionProbit "PRZ" "probit transformed proportion" Proportion Probit InverseProbit;
    ProportionArcsine "PAS" "arcsine square-root transformed proportion" Proportion Arcsine Arcsine;
    ProportionFreemanTukey "PFT" "Freeman-Tukey double arcsine transformed proportion" Proportion Arcsine FreemanTukey;
    Rate "IR" "incidence rate" Rate Raw Identity;
    RateLog "IRLN" "log incidence rate" Rate Log Exp;
    RateRoot "IRS" "square-root transformed incidence rate" Rate SquareRoot Square;
    RateFreemanTukey "IRFT" "Freeman-Tukey transformed incidence rate" Rate SquareRoot FreemanTukeyRate;
    Mean "MN" "mean" OneMean Raw Identity;
    MeanStandardised "SMN" "standardised mean" OneMean Standardised Identity;
    MeanLog "MNLN" "log mean" OneMean Log Exp;
    SdLog "SDLN" "log standard deviation" OneMean Log Exp;
    CoefficientOfVariationLog "CVLN" "log coefficient of variation" OneMean Log Exp;
    MeanChange "MC" "mean change" Change Difference Identity;
    SmdChange "SMCC" "standardised mean change by the SD of the change" Change Standardised Identity;
    SmdRaw "SMCR" "standardised mean change by the SD of condition 1" Change Standardised Identity;
    SmdRawUnequal "SMCRH" "standardised mean change by the SD of condition 1, unequal variances" Change Standardised Identity;
    SmdPooled "SMCRP" "standardised mean change by the average SD" Change Standardised Identity;
    SmdPooledUnequal "SMCRPH" "standardised mean change by the average SD, unequal variances" Change Standardised Identity;
    SuperiorityChangeNormal "CLESCN" "common language effect size of a change, normal" Change Proportion Identity;
    RatioOfMeansChange "ROMC" "log ratio of means of a change" Change LogRatio Exp;
    VariabilityRatioChange "VRC" "log variability ratio of a change" Change LogRatio Exp;
    CoefficientOfVariationRatioChange "CVRC" "log coefficient of variation ratio of a change" Change LogRatio Exp;
    Alpha "ARAW" "Cronbach's alpha" Reliability Proportion Identity;
    AlphaHakstianWhalen "AHW" "Cronbach's alpha, Hakstian and Whalen's transformation" Reliability Own HakstianWhalen;
    AlphaBonett "ABT" "Cronbach's alpha, Bonett's transformation" Reliability Own BonettAlpha;
    ExcessHeterozygosity "REH" "log relative excess heterozygosity" Genotypes LogRatio Exp;
    Auc "AUC" "area under the curve" Superiority Proportion Identity;
    AucNormal "AUCN" "area under the curve, normal" Superiority Proportion Identity;
    Superiority "CLES" "common language effect size" Superiority Proportion Identity;
    HazardRatio "HR" "log hazard ratio, given with its standard error" Generic LogRatio Exp;
    Generic "GEN" "effect given with its variance" Generic Raw Identity;
}

impl Measure {
    /// The measure with this code; letter case does not matter.
    ///
    /// ```
    /// use onset_effects::Measure;
    /// assert_eq!(Measure::from_code("smd").map(Measure::code), Some("SMD"));
    /// assert_eq!(Measure::from_code("XYZ"), None);
    /// ```
    pub fn from_code(code: &str) -> Option<Measure> {
        Measure::ALL
            .iter()
            .copied()
            .find(|m| m.code().eq_ignore_ascii_case(code))
    }
}

impl std::fmt::Display for Measure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.code())
    }
}

impl Serialize for Measure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.code())
    }
}
