//! One stock of a market: its model made ready for the clock, and where it draws from.
//!
//! In comes a tick or a date; out comes the path's value, and the close it is quoted as. A new model is a variant here
//! and a file of its own.

use chrono::{Datelike, NaiveDate};

use super::bootstrap::{BlockWalk, Bootstrap};
use super::error::PriceError;
use super::gbm::{Gbm, GbmPath};
use super::heston::{Heston, HestonPath, HestonWalk};
use super::merton::{Merton, MertonPath, State};
use super::ou::{Ou, OuPath};
use super::path::{self, Driven, Process, Stretch, Walk};
use super::random::{Drawn, Kept, Purpose, Stream};
use super::replay::Replay;
use super::uniform::Uniform;
use crate::money::{Amount, Price};
use crate::number::{Philox, ln};
use crate::symbol::Symbol;

/// How the closes of one stock come about.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Model {
    /// Independent each day, around a base price.
    Uniform(Uniform),
    /// Real closes.
    Replay(Replay),
    /// Geometric Brownian motion.
    Gbm(Gbm),
    /// Geometric Brownian motion with jumps.
    Merton(Merton),
    /// Drawn back to a level.
    Ou(Ou),
    /// Its variance is random too.
    Heston(Heston),
    /// Returns of the past, in blocks.
    Bootstrap(Bootstrap),
}

macro_rules! models {
    ($($name:ident)*) => {$(
        impl From<$name> for Model {
            fn from(model: $name) -> Self {
                Self::$name(model)
            }
        }
    )*};
}

models! { Uniform Replay Gbm Merton Ou Heston Bootstrap }

/// A stock of a market: its model by tick, and the streams it draws from.
#[derive(Clone, Debug)]
pub(super) struct Stock {
    pub(super) symbol: Symbol,
    engine: Engine,
    uniform: Stream,
    /// What its motion is a sum of.
    pub(super) shocks: Vec<(Stream, f64)>,
    jumps: [Stream; 2],
    variance: Stream,
    blocks: Stream,
    pub(super) trades: Stream,
}

/// A stock and the place on its path where it was asked last, from which the next tick is one step.
#[derive(Clone, Debug)]
pub(super) struct Walker<'m> {
    pub(super) stock: &'m Stock,
    cursor: Cursor,
    kept: Kept,
}

impl<'m> Walker<'m> {
    /// Returns the place where a path begins.
    pub(super) fn new(stock: &'m Stock) -> Self {
        Self { stock, cursor: stock.cursor(), kept: Kept::new(stock.shocks.len()) }
    }

    /// Returns the close of a session, which is at this tick.
    #[inline]
    pub(super) fn close(&mut self, session: NaiveDate, tick: u32) -> Result<Price, PriceError> {
        let Self { stock, cursor, kept } = self;
        stock.close(session, || stock.walk(cursor, kept, tick))
    }

    /// Returns what [`Stock::deviation`] returns at this place.
    pub(super) fn deviation(&self, from: Price, to: Price) -> f64 {
        self.stock.deviation(&self.cursor, from, to)
    }
}

/// A [`Model`] by tick.
#[derive(Clone, Debug)]
enum Engine {
    Uniform(Uniform),
    Replay(Replay),
    Gbm(GbmPath),
    Merton(MertonPath),
    Ou(OuPath),
    Heston(HestonPath),
    Bootstrap(Bootstrap),
}

/// A place on a stock's path.
#[derive(Clone, Debug)]
pub(super) enum Cursor {
    /// The model has no path.
    None,
    Gaussian(Box<Stretch>),
    Jumping(Box<Walk<State>>),
    Heston(Box<HestonWalk>),
    Blocks(BlockWalk),
}

impl Engine {
    fn of(model: Model, years: f64) -> Result<Self, PriceError> {
        Ok(match model {
            Model::Uniform(model) => Self::Uniform(model),
            Model::Replay(model) => Self::Replay(model),
            Model::Gbm(model) => Self::Gbm(model.by_tick(years)?),
            Model::Merton(model) => Self::Merton(model.by_tick(years)?),
            Model::Ou(model) => Self::Ou(model.by_tick(years)?),
            Model::Heston(model) => Self::Heston(model.by_tick(years)?),
            Model::Bootstrap(model) => Self::Bootstrap(model),
        })
    }
}

impl Stock {
    /// Returns the stock of this number in a market, its shocks its own.
    ///
    /// # Errors
    ///
    /// - For a parameter that makes no price.
    pub(super) fn new(
        symbol: Symbol,
        model: Model,
        random: Philox,
        number: u32,
        years: f64,
    ) -> Result<Self, PriceError> {
        let stream = |purpose| Stream::new(random, number, purpose);
        Ok(Self {
            symbol,
            engine: Engine::of(model, years)?,
            uniform: stream(Purpose::Uniform),
            shocks: vec![(stream(Purpose::Diffusion), 1.0)],
            jumps: [stream(Purpose::JumpCount), stream(Purpose::JumpSize)],
            variance: stream(Purpose::Variance),
            blocks: stream(Purpose::Block),
            trades: stream(Purpose::Trade),
        })
    }

    /// Returns the close of a session, given the path's value for those models that have one.
    #[inline]
    pub(super) fn close(&self, session: NaiveDate, value: impl FnOnce() -> f64) -> Result<Price, PriceError> {
        let symbol = self.symbol;
        match &self.engine {
            Engine::Uniform(uniform) => {
                Ok(uniform.close(self.uniform.pair(session.num_days_from_ce().cast_unsigned(), 0)[0]))
            }
            Engine::Replay(replay) => replay.close(session).ok_or(PriceError::NoClose { symbol, session }),
            _ => match to_price(value()) {
                Some(price) => Ok(price),
                None => Err(PriceError::TooLarge { symbol, session }),
            },
        }
    }

    /// Returns whether the closes come from a path, as those that are exact do not.
    pub(super) fn has_path(&self) -> bool {
        !matches!(self.engine, Engine::Uniform(_) | Engine::Replay(_))
    }

    /// Returns the path's value at a tick; NaN for a model without a path.
    pub(super) fn value(&self, tick: u32) -> f64 {
        let at = |bridge| path::at(&Driven { bridge, shocks: &self.shocks }, tick, &mut self.drawn(tick));
        match &self.engine {
            Engine::Uniform(_) | Engine::Replay(_) => f64::NAN,
            Engine::Gbm(model) => model.value(tick, at(&model.bridge)),
            Engine::Merton(model) => {
                model.value(tick, path::at(&model.process(&self.shocks, self.jumps), tick, &mut self.drawn(tick)))
            }
            Engine::Ou(model) => model.value(at(&model.bridge)),
            Engine::Heston(_) | Engine::Bootstrap(_) => {
                self.walk(&mut self.cursor(), &mut Kept::new(self.shocks.len()), tick)
            }
        }
    }

    /// Returns the shocks of the nodes that lead to a tick.
    fn drawn(&self, tick: u32) -> Drawn {
        Drawn::new(&self.shocks, path::nodes(tick))
    }

    /// Returns the start of the path.
    pub(super) fn cursor(&self) -> Cursor {
        match &self.engine {
            Engine::Uniform(_) | Engine::Replay(_) => Cursor::None,
            Engine::Gbm(GbmPath { bridge, .. }) | Engine::Ou(OuPath { bridge, .. }) => {
                Cursor::Gaussian(Box::new(Stretch::new(&Driven { bridge, shocks: &self.shocks })))
            }
            Engine::Merton(model) => {
                Cursor::Jumping(Box::new(Walk::new(model.process(&self.shocks, self.jumps).first())))
            }
            Engine::Heston(model) => Cursor::Heston(Box::new(model.walk(&self.shocks, self.variance))),
            Engine::Bootstrap(_) => Cursor::Blocks(BlockWalk::new()),
        }
    }

    /// Returns what [`Stock::value`] returns, from the place where the cursor is.
    #[inline]
    pub(super) fn walk(&self, cursor: &mut Cursor, kept: &mut Kept, tick: u32) -> f64 {
        match (&self.engine, cursor) {
            (Engine::Gbm(model), Cursor::Gaussian(place)) => {
                let path = Driven { bridge: &model.bridge, shocks: &self.shocks };
                place.to(&path, tick, kept, |tick, motion| model.values(tick, motion))
            }
            (Engine::Ou(model), Cursor::Gaussian(place)) => {
                let path = Driven { bridge: &model.bridge, shocks: &self.shocks };
                place.to(&path, tick, kept, |_, xs| model.values(xs))
            }
            (Engine::Merton(model), Cursor::Jumping(walk)) => {
                model.value(tick, walk.to(&model.process(&self.shocks, self.jumps), tick, kept))
            }
            (Engine::Heston(model), Cursor::Heston(walk)) => {
                walk.to(model, tick, &self.shocks, self.variance, kept);
                model.value(walk)
            }
            (Engine::Bootstrap(model), Cursor::Blocks(walk)) => {
                walk.to(model, tick, self.blocks);
                model.value(walk)
            }
            _ => f64::NAN,
        }
    }
}

impl Stock {
    /// Returns the closes, where the model is a file of them.
    pub(super) fn replay(&self) -> Option<&Replay> {
        if let Engine::Replay(replay) = &self.engine { Some(replay) } else { None }
    }

    /// Returns the standard deviation of the log price over the tick before the place where the cursor is, which went
    /// from the one close to the other.
    pub(super) fn deviation(&self, cursor: &Cursor, from: Price, to: Price) -> f64 {
        match (&self.engine, cursor) {
            (Engine::Uniform(_), _) => Uniform::DEVIATION,
            (Engine::Gbm(model), _) => model.volatility,
            (Engine::Merton(model), _) => model.volatility,
            (Engine::Ou(model), _) => model.bridge.deviation(),
            (Engine::Heston(model), Cursor::Heston(walk)) => model.deviation(walk),
            (Engine::Bootstrap(model), _) => model.deviation(),
            (Engine::Replay(_) | Engine::Heston(_), _) => ln(to_f64(to) / to_f64(from)).abs(),
        }
    }
}

/// Returns the price as a double: what a path starts from.
pub(super) fn to_f64(price: Price) -> f64 {
    Amount::from_units(price.units()).to_f64()
}

/// Returns the close that a path's value is quoted as: its product with 100, as a double, to the nearest whole number
/// of cents, half up, at least 1; `None` beyond the largest price.
#[inline]
#[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "cut on purpose, below 2^47")]
fn to_price(value: f64) -> Option<Price> {
    let cents = value * 100.0;
    // No NaN is below it.
    if cents < 1e14 {
        let whole = cents as i64;
        let rounded = whole + i64::from(cents - whole as f64 >= 0.5);
        Price::from_units(i128::from(rounded.max(1)) * 1_000_000).ok()
    } else {
        None
    }
}
