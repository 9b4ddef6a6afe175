//! A package's habits under one name, from which each statistic is made.
//!
//! Nothing comes in but the name; out go values such as [`Sharpe`] with their conventions filled in. Every habit is a field,
//! to be read and to be changed: `Convention { annualise: Annualise::Sessions(365.0), ..Convention::empyrical() }`.

use super::benchmark::{Alpha, AlphaOf, Beta, Capture, InformationRatio, Side, TrackingError};
use super::convention::{Annualise, OverZero, RiskFree};
use super::describe::{Bias, Kurtosis, KurtosisOf, Skewness};
use super::outcomes::{GainToPain, ProfitFactor, WinRate, Zeros};
use super::quantile::QuantileMethod;
use super::ratio::{Calmar, Omega, Sharpe, Sortino, TailRatio};
use super::returns::{AnnualReturn, DownsideDeviation, Shortfalls, Volatility};
use super::tail::{ConditionalMethod, ConditionalValueAtRisk, ValueAtRisk, ValueAtRiskMethod};
use super::trend::Stability;
use super::ulcer::{Serenity, UlcerIndex};
use crate::number::Deviation;

/// The conventions of all statistics together.
///
/// # Examples
///
/// ```
/// use finnet_core::stats::{Convention, RiskFree, Statistic};
///
/// let returns = [0.01, -0.02, 0.03, 0.005];
/// let convention = Convention { risk_free: RiskFree::Compounded(0.02), ..Convention::quantstats() };
/// let sharpe = convention.sharpe();
/// assert_eq!(sharpe.of(&returns)?.map(|ratio| (ratio * 1e9).round()), Some(4_763_845_038.0));
/// assert_eq!(sharpe.rolling(4, &returns)?.len(), 4);
/// # Ok::<(), finnet_core::stats::StatsError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Convention {
    /// Periods of a year.
    pub annualise: Annualise,
    /// Of the information ratio alone.
    pub annualise_information: Annualise,
    /// The rate that Sharpe ratio and alpha measure against; what the others measure against is [`Self::target`], a field
    /// of its own, to be set too where it is to be the same.
    pub risk_free: RiskFree,
    /// What the Sortino ratio, the downside deviation and the omega ratio measure against.
    pub target: RiskFree,
    /// Over n − 1 or n.
    pub deviation: Deviation,
    /// What the downside deviation is averaged over.
    pub shortfalls: Shortfalls,
    /// The probability of the tail of value at risk, its mean, the tail ratio and serenity.
    pub tail: f64,
    /// How the tail ratio's quantiles are taken.
    pub quantile: QuantileMethod,
    /// How the value at risk is taken.
    pub value_at_risk: ValueAtRiskMethod,
    /// How the mean beyond it is taken.
    pub conditional: ConditionalMethod,
    /// How alpha grows to a year.
    pub alpha: AlphaOf,
    /// Whether skewness and kurtosis are corrected.
    pub bias: Bias,
    /// What the kurtosis is counted from.
    pub kurtosis: KurtosisOf,
    /// Whether a return of 0 counts in the win rate.
    pub zeros: Zeros,
    /// What ratios over 0 are.
    pub over_zero: OverZeros,
}

/// What each kind of ratio is over 0.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct OverZeros {
    /// The Sharpe ratio of a constant return.
    pub sharpe: OverZero,
    /// The Sortino ratio without a return below the target.
    pub sortino: OverZero,
    /// The profit factor without a loss.
    pub profit_factor: OverZero,
    /// The win rate without a return that counts.
    pub win_rate: OverZero,
    /// Skewness and kurtosis of a constant.
    pub shape: OverZero,
    /// Beta and alpha to a constant benchmark, the information ratio of a constant difference.
    pub benchmark: OverZero,
    /// All others.
    pub others: OverZero,
}

impl Convention {
    /// Returns the habits of empyrical-reloaded 0.7.1 with its defaults: 252 periods a year, no rate free of risk, sample
    /// deviations, historical value at risk, alpha compounded; skewness and kurtosis, which it lacks, as scipy's.
    ///
    /// One cell differs: the Sortino ratio of a single return, for which the package wants two, is that of any series, so
    /// ∞ of a gain.
    pub const fn empyrical() -> Self {
        let others = OverZero::Undefined;
        Self {
            annualise: Annualise::Sessions(252.0),
            annualise_information: Annualise::PerPeriod,
            risk_free: RiskFree::PerPeriod(0.0),
            target: RiskFree::PerPeriod(0.0),
            deviation: Deviation::Sample,
            shortfalls: Shortfalls::OverAll,
            tail: 0.05,
            quantile: QuantileMethod::Linear,
            value_at_risk: ValueAtRiskMethod::Historical(QuantileMethod::Linear),
            conditional: ConditionalMethod::Smallest,
            alpha: AlphaOf::Compounded,
            bias: Bias::Kept,
            kurtosis: KurtosisOf::Excess,
            zeros: Zeros::Counted,
            over_zero: OverZeros {
                sharpe: OverZero::Infinite,
                sortino: OverZero::Infinite,
                profit_factor: others,
                win_rate: others,
                shape: others,
                benchmark: others,
                others,
            },
        }
    }

    /// Returns the habits of quantstats 0.0.86 with its defaults: 252 periods a year, no rate free of risk, sample
    /// deviations, normal value at risk, alpha times 252, skewness and kurtosis corrected, zeros left out, 0 for NaN
    /// beside a benchmark.
    ///
    /// Three cells differ: the CVaR of a single return, which has no sample deviation, is `None` where the package falls
    /// back to the return; the profit factor of zeros alone is `None`, 0 ÷ 0, where it says 0; the normal value at risk of
    /// a constant is the constant also where its deviation comes out as exactly 0, of which the package makes NaN.
    pub const fn quantstats() -> Self {
        Self {
            value_at_risk: ValueAtRiskMethod::Normal(Deviation::Sample),
            conditional: ConditionalMethod::Normal(Deviation::Sample),
            alpha: AlphaOf::Simple,
            bias: Bias::Corrected,
            zeros: Zeros::LeftOut,
            over_zero: OverZeros {
                sharpe: OverZero::Infinite,
                sortino: OverZero::Undefined,
                profit_factor: OverZero::Infinite,
                win_rate: OverZero::Zero,
                shape: OverZero::Zero,
                benchmark: OverZero::Zero,
                others: OverZero::Undefined,
            },
            ..Self::empyrical()
        }
    }

    /// Returns the return of a year.
    pub const fn annual_return(&self) -> AnnualReturn {
        AnnualReturn { annualise: self.annualise }
    }

    /// Returns the volatility.
    pub const fn volatility(&self) -> Volatility {
        Volatility { annualise: self.annualise, deviation: self.deviation }
    }

    /// Returns the Sharpe ratio.
    pub const fn sharpe(&self) -> Sharpe {
        let (risk_free, annualise, deviation) = (self.risk_free, self.annualise, self.deviation);
        Sharpe { risk_free, annualise, deviation, over_zero: self.over_zero.sharpe }
    }

    /// Returns the Sortino ratio.
    pub const fn sortino(&self) -> Sortino {
        let (target, annualise, shortfalls) = (self.target, self.annualise, self.shortfalls);
        Sortino { target, annualise, shortfalls, over_zero: self.over_zero.sortino }
    }

    /// Returns the downside deviation.
    pub const fn downside_deviation(&self) -> DownsideDeviation {
        DownsideDeviation { target: self.target, annualise: self.annualise, shortfalls: self.shortfalls }
    }

    /// Returns the Calmar ratio.
    pub const fn calmar(&self) -> Calmar {
        Calmar { annualise: self.annualise, over_zero: self.over_zero.others }
    }

    /// Returns the omega ratio.
    pub const fn omega(&self) -> Omega {
        Omega { threshold: self.target, annualise: self.annualise, over_zero: self.over_zero.others }
    }

    /// Returns the tail ratio.
    pub const fn tail_ratio(&self) -> TailRatio {
        TailRatio { tail: self.tail, quantile: self.quantile, over_zero: self.over_zero.others }
    }

    /// Returns the value at risk.
    pub const fn value_at_risk(&self) -> ValueAtRisk {
        ValueAtRisk { tail: self.tail, method: self.value_at_risk }
    }

    /// Returns the conditional value at risk.
    pub const fn conditional_value_at_risk(&self) -> ConditionalValueAtRisk {
        ConditionalValueAtRisk { tail: self.tail, method: self.conditional }
    }

    /// Returns the stability.
    pub const fn stability(&self) -> Stability {
        Stability { over_zero: self.over_zero.others }
    }

    /// Returns the skewness.
    pub const fn skewness(&self) -> Skewness {
        Skewness { bias: self.bias, over_zero: self.over_zero.shape }
    }

    /// Returns the kurtosis.
    pub const fn kurtosis(&self) -> Kurtosis {
        Kurtosis { bias: self.bias, from: self.kurtosis, over_zero: self.over_zero.shape }
    }

    /// Returns the win rate.
    pub const fn win_rate(&self) -> WinRate {
        WinRate { zeros: self.zeros, over_zero: self.over_zero.win_rate }
    }

    /// Returns the profit factor.
    pub const fn profit_factor(&self) -> ProfitFactor {
        ProfitFactor { over_zero: self.over_zero.profit_factor }
    }

    /// Returns gain to pain.
    pub const fn gain_to_pain(&self) -> GainToPain {
        GainToPain { over_zero: self.over_zero.others }
    }

    /// Returns the ulcer index.
    pub const fn ulcer_index(&self) -> UlcerIndex {
        UlcerIndex { deviation: self.deviation }
    }

    /// Returns the serenity.
    pub const fn serenity(&self) -> Serenity {
        Serenity { tail: self.tail, deviation: self.deviation, over_zero: self.over_zero.others }
    }

    /// Returns the beta.
    pub const fn beta(&self) -> Beta {
        Beta { over_zero: self.over_zero.benchmark }
    }

    /// Returns the alpha.
    pub const fn alpha(&self) -> Alpha {
        let (risk_free, annualise) = (self.risk_free, self.annualise);
        Alpha { risk_free, annualise, growth: self.alpha, over_zero: self.over_zero.benchmark }
    }

    /// Returns the tracking error.
    pub const fn tracking_error(&self) -> TrackingError {
        TrackingError { annualise: self.annualise, deviation: self.deviation }
    }

    /// Returns the information ratio.
    pub const fn information_ratio(&self) -> InformationRatio {
        let (annualise, deviation) = (self.annualise_information, self.deviation);
        InformationRatio { annualise, deviation, over_zero: self.over_zero.benchmark }
    }

    /// Returns the capture of a side.
    pub const fn capture(&self, side: Side) -> Capture {
        Capture { side, annualise: self.annualise, over_zero: self.over_zero.others }
    }
}
