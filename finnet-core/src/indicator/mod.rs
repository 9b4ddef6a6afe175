//! Technical indicators: numbers of one bar after the other → numbers, each convention by its name.
//!
//! An indicator is a small value that carries its parameters and its convention once; `of` takes slices in order of
//! time and returns a [`Series`]. There is no default where packages disagree: what an exponential mean starts from,
//! how RSI smooths, which deviation the bands take are enums, and each constructor asks.
//!
//! [`Convention`] holds such choices for all indicators, as TA-Lib takes them. `stream` of an indicator gives a [`Stream`]: a
//! machine that takes one bar after the other and gives the same bits as the batch. Those that are asked most have
//! `of_into` beside `of`, which writes to a series that is there already.
//!
//! A [`Series`] knows the bar of its first value. The warm-up is left out rather than filled: NaN would spread through
//! all that is computed from it, an `Option` a bar would double the memory and ask at each value what is known once.
//! NaN neither goes in nor comes out. Input is at most [`LARGEST`] from 0; negative prices are numbers like others.
//!
//! The first k values do not change, to the bit, when bars are appended. With u = 2⁻⁵³,
//! rounding costs a simple mean at most u·|mean| + (n + 4)u·range of its window, an exponential one u·|mean| + 4u·d ÷ k + 18u·d, k
//! its weight of the newest and d the largest distance from the first value, a deviation n (2n + 1) · 2u of itself, a
//! parabolic stop 5u·|price| a bar of its trend, [`Obv`] and [`AccumulationDistribution`] u of themselves and 2⁻¹⁰⁰ of all
//! volume a bar: in these alone, sums since the first bar, it grows with the data. An offset that is
//! large against the moves (a price of 10⁹ that moves by 1) costs no digits of deviations, differences and ranges. Only
//! + − × ÷ √ are used: the same bits everywhere.
//!
//! | | formula | first value, n the period | source |
//! |---|---|---|---|
//! | [`Sma`] | mean of the last n | bar n − 1 | |
//! | [`Wma`] | weights 1 … n | bar n − 1 | |
//! | [`Ema`] | e + (x − e) · 2 ÷ (n + 1) | by [`EmaStart`] | Roberts 1959 |
//! | [`StandardDeviation`] | by [`Deviation`] | bar n − 1 | |
//! | [`Bollinger`] | mean ± width · deviation | bar n − 1 | Bollinger 2001 |
//! | [`Macd`] | EMA(fast) − EMA(slow) | by [`MacdStart`] | Appel 1979 |
//! | [`Rsi`] | 100 · gains ÷ (gains + losses) | bar n | Wilder 1978; Cutler |
//! | [`TrueRange`], [`Atr`] | max(h, c₋₁) − min(l, c₋₁), Wilder's mean | by [`FirstRange`] | Wilder 1978 |
//! | [`Stochastic`], [`StochasticRsi`] | place in the range, smoothed | by its periods | Lane 1984; Chande, Kroll 1994 |
//! | [`WilliamsR`] | distance from the high in the range | bar n − 1 | Williams 1973 |
//! | [`Cci`] | distance from the mean ÷ 0.015 mean distances | bar n − 1 | Lambert 1980 |
//! | [`Obv`], [`AccumulationDistribution`] | signed sums of volume | bar 0 | Granville 1963; Chaikin |
//! | [`Mfi`] | RSI of money | bar n | Quong, Soudack 1989 |
//! | [`Momentum`], [`Roc`] | x − x₋ₙ | bar n | |
//! | [`LinearSlope`] | least squares | bar n − 1 | |
//! | [`Aroon`] | how new the extremes are | bar n | Chande 1995 |
//! | [`Directional`]: DI, ADX | shares of the range | bars n, 2n − 1 | Wilder 1978 |
//! | [`Kama`] | an exponential mean as fast as moves are straight | bar n | Kaufman 1995 |
//! | [`Sar`] | a stop that follows the trend | bar 1 | Wilder 1978 |
//! | [`Ultimate`] | buying pressure over three periods | bar of the longest | Williams 1985 |
//! | [`Dema`], [`Tema`], [`Trix`] | means of means | by [`EmaStart`] | Mulloy 1994; Hutson 1983 |
//!
//! # Examples
//!
//! ```
//! use finnet_core::indicator::{Ema, EmaStart, IndicatorError};
//!
//! let closes = [20.0, 21.0, 25.0, 23.0];
//! let mean = Ema::new(3, EmaStart::Mean)?.of(&closes)?;
//! assert_eq!(mean.iter().collect::<Vec<_>>(), [(2, 22.0), (3, 22.5)]);
//! assert_eq!(Ema::new(3, EmaStart::Mean)?.of(&[1.0, f64::NAN, 2.0]), Err(IndicatorError::NotFinite { bar: 1 }));
//! # Ok::<(), IndicatorError>(())
//! ```

mod adaptive;
mod average;
mod bollinger;
mod change;
mod convention;
mod directional;
mod error;
mod input;
mod macd;
mod multiple;
mod oscillator;
mod parabolic;
mod range;
mod rsi;
mod series;
mod smooth;
mod stream;
#[cfg(test)]
mod tests;
mod ultimate;
mod volume;
mod window;

pub use crate::number::Deviation;
pub use adaptive::{Kama, Stillness};
pub use average::{Ema, EmaStart, Sma, Wma};
pub use bollinger::{Bands, Bollinger, StandardDeviation};
pub use change::{Aroon, AroonLines, LinearSlope, Momentum, Roc};
pub use convention::Convention;
pub use directional::{Directional, DirectionalLines, DirectionalSeed};
pub use error::IndicatorError;
pub use input::{HighLowClose, Input, LARGEST, OneBar};
pub use macd::{Macd, MacdLines, MacdStart, WarmUp};
pub use multiple::{Dema, Tema, Trix};
pub use oscillator::{Cci, Stochastic, StochasticLines, StochasticRsi, WilliamsR};
pub use parabolic::{FirstTrend, Sar};
pub use range::{Atr, FirstRange, Natr, TrueRange};
pub use rsi::{Rsi, Smoothing};
pub use series::Series;
pub use stream::{Indicator, Stream};
pub use ultimate::Ultimate;
pub use volume::{AccumulationDistribution, FirstVolume, Mfi, Obv};
pub use window::Flat;
