//! The choices of a package in one value, from which its indicators are made.

use super::{
    Atr, Bollinger, Cci, Dema, Deviation, Directional, DirectionalSeed, Ema, EmaStart, FirstRange, FirstTrend,
    FirstVolume, Flat, IndicatorError, Kama, Macd, MacdStart, Mfi, Natr, Obv, Rsi, Sar, Smoothing, StandardDeviation,
    Stillness, Stochastic, StochasticRsi, Tema, Trix, TrueRange, Ultimate, WarmUp, WilliamsR,
};

/// What packages choose for their users, once for all indicators; a field changes one choice.
///
/// Of what no package disputes, such as [`Sma`](super::Sma), there is nothing to choose.
///
/// # Examples
///
/// ```
/// use finnet_core::indicator::{Convention, Flat, Smoothing};
///
/// let talib = Convention::talib();
/// let closes = [10.0, 13.0, 12.0, 12.0, 12.0];
/// assert_eq!(talib.rsi(2)?.of(&closes)?.values(), [75.0, 75.0, 75.0]);
/// assert_eq!(talib.ema(3)?.of(&closes)?.first_bar(), Some(2));
///
/// let cutler = Convention { smoothing: Smoothing::Cutler, flat: Flat::Undefined, ..talib };
/// assert_eq!(cutler.rsi(2)?.of(&closes)?.values(), [75.0, 0.0]); // and of the last two moves, which are none, nothing
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Convention {
    /// What exponential means start from.
    pub ema: EmaStart,
    /// Where the fast mean of MACD starts.
    pub macd: MacdStart,
    /// Where lines begin that need different numbers of bars.
    pub warm_up: WarmUp,
    /// How RSI averages.
    pub smoothing: Smoothing,
    /// What the squares of deviations are divided by.
    pub deviation: Deviation,
    /// The first true range.
    pub range: FirstRange,
    /// What directional sums start from.
    pub directional: DirectionalSeed,
    /// What the first bar adds to the on-balance volume.
    pub volume: FirstVolume,
    /// The way of the first trend of a stop.
    pub trend: FirstTrend,
    /// How straight an adaptive mean takes a window for that does not move.
    pub still: Stillness,
    /// What oscillators give for a window that does not move.
    pub flat: Flat,
}

/// Each indicator in this convention; the errors are those of its `new`.
#[expect(clippy::missing_errors_doc, reason = "said once, and where each indicator is made")]
impl Convention {
    /// Returns TA-Lib's: the numbers of its releases 0.6 and 0.8, but for MFI where typical prices are nearly equal.
    pub const fn talib() -> Self {
        Self {
            ema: EmaStart::Mean,
            macd: MacdStart::Together,
            warm_up: WarmUp::Together,
            smoothing: Smoothing::Wilder,
            deviation: Deviation::Population,
            range: FirstRange::Skipped,
            directional: DirectionalSeed::Short,
            volume: FirstVolume::Counted,
            trend: FirstTrend::LargerMove,
            still: Stillness::Straight,
            flat: Flat::Is(0.0),
        }
    }

    /// Returns the exponential mean.
    pub fn ema(self, period: usize) -> Result<Ema, IndicatorError> {
        Ema::new(period, self.ema)
    }

    /// Returns twice the exponential mean less the mean of it.
    pub fn dema(self, period: usize) -> Result<Dema, IndicatorError> {
        Dema::new(period, self.ema)
    }

    /// Returns the exponential mean of three.
    pub fn tema(self, period: usize) -> Result<Tema, IndicatorError> {
        Tema::new(period, self.ema)
    }

    /// Returns the change of an exponential mean taken three times over.
    pub fn trix(self, period: usize) -> Result<Trix, IndicatorError> {
        Trix::new(period, self.ema)
    }

    /// Returns Kaufman's adaptive mean.
    pub fn kama(self, period: usize, fast: usize, slow: usize) -> Result<Kama, IndicatorError> {
        Kama::new(period, fast, slow, self.still)
    }

    /// Returns the convergence and divergence of two means.
    pub fn macd(self, fast: usize, slow: usize, signal: usize) -> Result<Macd, IndicatorError> {
        Macd::new(fast, slow, signal, self.macd, self.warm_up)
    }

    /// Returns the relative strength.
    pub fn rsi(self, period: usize) -> Result<Rsi, IndicatorError> {
        Rsi::new(period, self.smoothing, self.flat)
    }

    /// Returns the stochastic oscillator of RSI.
    pub fn stochastic_rsi(self, rsi: usize, period: usize, d: usize) -> Result<StochasticRsi, IndicatorError> {
        StochasticRsi::new(self.rsi(rsi)?, period, d, self.flat, self.warm_up)
    }

    /// Returns the stochastic oscillator.
    pub fn stochastic(self, period: usize, k: usize, d: usize) -> Result<Stochastic, IndicatorError> {
        Stochastic::new(period, k, d, self.flat, self.warm_up)
    }

    /// Returns the moving deviation.
    pub fn standard_deviation(self, period: usize) -> Result<StandardDeviation, IndicatorError> {
        StandardDeviation::new(period, self.deviation)
    }

    /// Returns bands around the mean.
    pub fn bollinger(self, period: usize, width: f64) -> Result<Bollinger, IndicatorError> {
        Bollinger::new(period, width, self.deviation)
    }

    /// Returns the true range, which can be made of no wrong parameter.
    pub fn true_range(self) -> TrueRange {
        TrueRange::new(self.range)
    }

    /// Returns the average true range.
    pub fn atr(self, period: usize) -> Result<Atr, IndicatorError> {
        Atr::new(period, self.range)
    }

    /// Returns the average true range in per cent of the close.
    pub fn natr(self, period: usize) -> Result<Natr, IndicatorError> {
        Natr::new(period, self.range)
    }

    /// Returns the directional indicators.
    pub fn directional(self, period: usize) -> Result<Directional, IndicatorError> {
        Directional::new(period, self.directional, self.flat)
    }

    /// Returns the parabolic stop and reverse.
    pub fn sar(self, acceleration: f64, most: f64) -> Result<Sar, IndicatorError> {
        Sar::new(acceleration, most, self.trend)
    }

    /// Returns the commodity channel index.
    pub fn cci(self, period: usize) -> Result<Cci, IndicatorError> {
        Cci::new(period, self.flat)
    }

    /// Returns Williams' %R.
    pub fn williams_r(self, period: usize) -> Result<WilliamsR, IndicatorError> {
        WilliamsR::new(period, self.flat)
    }

    /// Returns the ultimate oscillator.
    pub fn ultimate(self, periods: [usize; 3]) -> Result<Ultimate, IndicatorError> {
        Ultimate::new(periods, self.flat)
    }

    /// Returns the money flow index.
    pub fn mfi(self, period: usize) -> Result<Mfi, IndicatorError> {
        Mfi::new(period, self.flat)
    }

    /// Returns the on-balance volume, which can be made of no wrong parameter.
    pub fn obv(self) -> Obv {
        Obv::new(self.volume)
    }
}
