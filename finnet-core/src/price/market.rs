//! A market: seed, first session, clock and stocks in; closes out, alone or in date order.

use std::collections::BTreeMap;
use std::ops::RangeBounds;

use chrono::NaiveDate;

use super::clock::{Clock, Dates};
use super::correlation;
use super::error::PriceError;
use super::intraday::Overnight;
use super::random::{Purpose, Seed, Stream};
use super::stock::{Model, Stock, Walker, to_f64};
use crate::event::Close;
use crate::money::Price;
use crate::number::Philox;
use crate::symbol::Symbol;

/// Stocks and the models that make their closes.
#[derive(Clone, Debug)]
pub struct Market<'c> {
    random: Philox,
    pub(super) first: NaiveDate,
    pub(super) clock: Clock<'c>,
    pub(super) overnight: Overnight,
    /// How long a tick is.
    years: f64,
    stocks: Vec<Stock>,
    places: BTreeMap<Symbol, usize>,
}

/// The closes of one stock in date order; made by [`Market::closes`].
#[derive(Clone, Debug)]
#[must_use]
pub struct Closes<'m> {
    walker: Walker<'m>,
    dates: Dates<'m>,
    tick: u32,
}

impl<'c> Market<'c> {
    /// Returns a market without stocks.
    ///
    /// # Errors
    ///
    /// - [`PriceError::NotPositive`], [`PriceError::TooSmall`], [`PriceError::OutOfRange`] for a clock whose year has no ticks.
    /// - [`PriceError::NotASession`], [`PriceError::NotInCalendar`] where the clock's calendar has no such session.
    pub fn new(seed: Seed, first_session: NaiveDate, clock: Clock<'c>) -> Result<Self, PriceError> {
        clock.tick_of(first_session, first_session)?;
        Ok(Self {
            random: Philox::new(seed.0),
            first: first_session,
            clock,
            overnight: Overnight::default(),
            years: clock.tick_in_years()?,
            stocks: Vec::new(),
            places: BTreeMap::new(),
        })
    }

    /// Appends a stock, whose shocks are independent of those before it; [`Market::correlated`] changes that.
    ///
    /// # Errors
    ///
    /// - [`PriceError::RepeatedStock`] where the stock is there already.
    /// - [`PriceError::OutOfRange`], [`PriceError::Negative`], [`PriceError::NotPositive`], [`PriceError::TooSmall`],
    ///   [`PriceError::BeyondOne`] for a parameter that makes no price.
    /// - [`PriceError::CoarseClock`] for a [`Heston`](super::Heston) too fast for the clock's ticks,
    ///   [`PriceError::CrowdedClock`] for a [`Merton`](super::Merton) of too many jumps in one.
    pub fn stock(mut self, symbol: Symbol, model: impl Into<Model>) -> Result<Self, PriceError> {
        let number = u32::try_from(self.stocks.len()).expect("fewer than 2^32 stocks");
        if self.places.insert(symbol, self.stocks.len()).is_some() {
            return Err(PriceError::RepeatedStock { symbol });
        }
        self.stocks.push(Stock::new(symbol, model.into(), self.random, number, self.years)?);
        Ok(self)
    }

    /// Makes the shocks of the market's stocks correlated like this: a row and a column for each, in their order.
    ///
    /// What is correlated is the motion under each model, that of [`Gbm`](super::Gbm), [`Merton`](super::Merton),
    /// [`Ou`](super::Ou) and [`Heston`](super::Heston); jumps and the variances' own shocks are each stock's own, and
    /// so are the draws of [`Uniform`](super::Uniform), [`Replay`](super::Replay) and [`Bootstrap`](super::Bootstrap).
    /// Every stock's own distribution stays as it is. Between jumps, log returns of `Gbm` and `Merton` have these
    /// correlations from close to close over any time, exactly, and so has what drives two `Ou` of one reversion. With
    /// their jumps two `Merton` of the same figures have ρσ² ÷ (σ² + λ(m² + s²)), and two `Heston` less than ρ, the less
    /// the more their variances move. An
    /// `Ou` and a stock of another model or reversion are *not* correlated evenly over time: over 252 of 365 ticks a year
    /// the correlation with a `Gbm` is between 0.57 and 0.99 of the one asked for where κ is 3, by the place in a block,
    /// and yesterday's `Ou` predicts a little of today's `Gbm` ([`Ou`](super::Ou) has the figures). A stock appended
    /// later is independent, and changes none of these.
    ///
    /// What is correlated is closes. [Bars](Market::bar) and [ticks](Market::ticks) fill the way between them by each
    /// stock's own draws: growth over a share s of a tick's variance, in both stocks the same, has the correlation s ρ.
    /// With g the night's share that is (1 − g) ρ from open to close, g ρ from close to open, and next to nothing from
    /// trade to trade ([`TRADES`](super::TRADES)).
    ///
    /// O(n³) once, for n stocks; from then on a close of the k-th stock takes up to k times as long.
    ///
    /// # Errors
    ///
    /// - [`PriceError::WrongSize`], [`PriceError::NotSquare`], [`PriceError::NotACorrelation`], [`PriceError::NotOne`],
    ///   [`PriceError::NotSymmetric`] for what is no matrix of correlations of these stocks. 1 on the diagonal and
    ///   symmetry may be off by 10⁻¹², as those of a matrix computed in floats are; the lower triangle counts.
    /// - [`PriceError::NotPositiveDefinite`] with the first stock that can't go like this with those before it.
    pub fn correlated<R: AsRef<[f64]>>(mut self, matrix: &[R]) -> Result<Self, PriceError> {
        let factor = correlation::cholesky(matrix, self.stocks.len())?;
        for (stock, row) in self.stocks.iter_mut().zip(factor) {
            // What has no weight is not drawn: the sum is the same without it.
            let weights = (0_u32..).zip(row).filter(|(_, weight)| *weight != 0.0);
            let stream = |number| Stream::new(self.random, number, Purpose::Diffusion);
            stock.shocks = weights.map(|(number, weight)| (stream(number), weight)).collect();
        }
        Ok(self)
    }

    /// Returns the stocks, in their order.
    pub fn symbols(&self) -> impl ExactSizeIterator<Item = Symbol> {
        self.stocks.iter().map(|stock| stock.symbol)
    }

    /// Returns the close of a stock in a session.
    ///
    /// # Errors
    ///
    /// - [`PriceError::UnknownStock`] for a stock that is not of this market.
    /// - [`PriceError::BeforeFirst`] for a date before the market's first session.
    /// - [`PriceError::NotASession`], [`PriceError::NotInCalendar`] for a date that the clock's calendar does not trade
    ///   on or know.
    /// - [`PriceError::NoClose`] where a [`Replay`](super::Replay) has none for this date.
    /// - [`PriceError::TooLarge`] where the model's price is beyond [`Price::MAX`].
    pub fn close(&self, symbol: Symbol, session: NaiveDate) -> Result<Price, PriceError> {
        let stock = self.of(symbol)?;
        let tick = self.clock.tick_of(self.first, session)?;
        stock.close(session, || stock.value(tick))
    }

    /// Returns the model's price of a stock in a session, before it is rounded to a close.
    ///
    /// Of [`Uniform`](super::Uniform) and [`Replay`](super::Replay), whose closes are exact, it is the close.
    ///
    /// # Errors
    ///
    /// - Those of [`Market::close`], but for [`PriceError::TooLarge`]: what is beyond `f64` is infinite.
    pub fn value(&self, symbol: Symbol, session: NaiveDate) -> Result<f64, PriceError> {
        let stock = self.of(symbol)?;
        let tick = self.clock.tick_of(self.first, session)?;
        if stock.has_path() { Ok(stock.value(tick)) } else { stock.close(session, || f64::NAN).map(to_f64) }
    }

    /// Returns the closes of a stock over a range of dates, in date order: those that [`Market::close`] returns.
    ///
    /// An end that is left open is the market's first session, or the last date that its calendar knows; a clock of
    /// days knows all of `chrono`, so that `..` is about 95 million items, and should be given an end. Each item is the
    /// close or why there is none on that date.
    ///
    /// # Errors
    ///
    /// - [`PriceError::UnknownStock`] for a stock that is not of this market.
    /// - [`PriceError::BeforeFirst`], [`PriceError::NotInCalendar`] for a range that begins before the market or ends
    ///   after its calendar.
    pub fn closes(&self, symbol: Symbol, dates: impl RangeBounds<NaiveDate>) -> Result<Closes<'_>, PriceError> {
        let stock = self.of(symbol)?;
        let dates = self.clock.dates(self.first, &dates)?;
        let start = dates.clone().next().unwrap_or(self.first);
        let tick = self.clock.tick_of(self.first, start)?;
        Ok(Closes { walker: Walker::new(stock), dates, tick })
    }

    pub(super) fn of(&self, symbol: Symbol) -> Result<&Stock, PriceError> {
        self.places.get(&symbol).map(|&place| &self.stocks[place]).ok_or(PriceError::UnknownStock { symbol })
    }
}

impl Iterator for Closes<'_> {
    type Item = Result<Close, PriceError>;

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let session = self.dates.next()?;
        let tick = self.tick;
        self.tick += 1;
        let close = self.walker.close(session, tick);
        Some(close.map(|price| Close { symbol: self.walker.stock.symbol, session, price }))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        self.dates.size_hint()
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Bound;

    use chrono::Days;
    use proptest::prelude::*;

    use super::super::random::Kept;
    use super::*;
    use crate::calendar::XNYS;
    use crate::price::{Bootstrap, Gbm, Heston, MeanBlock, Merton, Ou, Parameter, PerYear, Replay, Uniform};

    const DAYS: Clock<'static> = Clock::CalendarDays { per_year: 365.0 };

    fn day(ordinal: u32) -> NaiveDate {
        NaiveDate::from_ymd_opt(2000, 1, 3).unwrap() + Days::new(ordinal.into())
    }

    fn symbol(number: usize) -> Symbol {
        Symbol::new(&format!("S{number}")).unwrap()
    }

    /// One stock of each model that has a path, and the noise.
    fn models() -> [Model; 4] {
        let [start, level] = ["100", "70"].map(|price| price.parse().unwrap());
        let (drift, volatility) = (PerYear(0.06), PerYear(0.25));
        let (jump_mean, jump_deviation) = (-0.05, 0.1);
        [
            Gbm { start, drift, volatility }.into(),
            Merton { start, drift, volatility, intensity: PerYear(40.0), jump_mean, jump_deviation }.into(),
            Ou { start, level, reversion: PerYear(2.0), volatility }.into(),
            Uniform::new(start).unwrap().into(),
        ]
    }

    fn market(seed: u64, stocks: usize) -> Market<'static> {
        let models = models();
        (0..stocks).fold(Market::new(Seed(seed), day(0), DAYS).unwrap(), |market, n| {
            market.stock(symbol(n), models[n % 4].clone()).unwrap()
        })
    }

    /// Correlations of so many stocks: 1/2 between any two.
    fn half(stocks: usize) -> Vec<Vec<f64>> {
        (0..stocks).map(|i| (0..stocks).map(|j| if i == j { 1.0 } else { 0.5 }).collect()).collect()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        #[test]
        fn appending_a_stock_changes_none_before(seed in any::<u64>(), stock in 0..4_usize, on in 0..20_000_u32) {
            let one = market(seed, 4).correlated(&half(4)).unwrap();
            let two = market(seed, 6).correlated(&half(6)).unwrap();
            prop_assert_eq!(one.close(symbol(stock), day(on)), two.close(symbol(stock), day(on)));
        }

        /// No correlation is the unit matrix.
        #[test]
        fn the_unit_matrix_changes_nothing(seed in any::<u64>(), stock in 0..3_usize, on in 0..20_000_u32) {
            let unit: Vec<Vec<f64>> = (0..3).map(|i| (0..3).map(|j| f64::from(u8::from(i == j))).collect()).collect();
            let (alone, unit) = (market(seed, 3), market(seed, 3).correlated(&unit).unwrap());
            let [alone, unit] = [alone, unit].map(|market| market.value(symbol(stock), day(on)).unwrap().to_bits());
            prop_assert_eq!(alone, unit);
        }

        /// From any date on, and in bits: rounding to cents would hide a difference. What is asked is one of the
        /// first thousand days, near a power of two or far off.
        #[test]
        fn in_order_is_alone_to_the_bit(
            seed in any::<u64>(),
            stock in 0..7_usize,
            from in prop_oneof![0..1000_u32, 8100..8300_u32, 0..40_000_000_u32],
            steps in prop::collection::vec(-3..40_i32, 1..12),
        ) {
            let market = market(seed, 7).correlated(&half(7)).unwrap();
            let stock = market.of(symbol(stock)).unwrap();
            let (mut cursor, mut kept, mut tick) = (stock.cursor(), Kept::new(stock.shocks.len()), from);
            for step in steps {
                let walked = stock.walk(&mut cursor, &mut kept, tick);
                prop_assert_eq!(walked.to_bits(), stock.value(tick).to_bits(), "tick {}", tick);
                tick = tick.saturating_add_signed(step);
            }
        }
    }

    /// 4,000 days of each model in order, in bits, and as closes.
    #[test]
    fn closes_in_order_are_those_alone() {
        let market = market(7, 7).correlated(&half(7)).unwrap();
        for n in 0..7 {
            let closes = market.closes(symbol(n), day(0)..day(4000)).unwrap();
            assert_eq!(closes.size_hint(), (4000, Some(4000)));
            let (mut count, stock) = (0, market.of(symbol(n)).unwrap());
            let (mut cursor, mut kept) = (stock.cursor(), Kept::new(stock.shocks.len()));
            for (on, close) in (0..).zip(closes) {
                let close = close.unwrap();
                assert_eq!((close.session, close.symbol), (day(on), symbol(n)));
                assert_eq!(Ok(close.price), market.close(symbol(n), day(on)));
                assert_eq!(stock.walk(&mut cursor, &mut kept, on).to_bits(), stock.value(on).to_bits());
                count += 1;
            }
            assert_eq!(count, 4000);
        }
    }

    /// In threads, each from the other end.
    #[test]
    fn threads_agree() {
        let market = market(9, 4);
        let ask = |days: Vec<u32>| {
            let market = &market;
            move || days.into_iter().map(|on| (on, market.close(symbol(1), day(on)))).collect::<BTreeMap<_, _>>()
        };
        std::thread::scope(|scope| {
            let one = scope.spawn(ask((0..3000).collect()));
            let two = scope.spawn(ask((0..3000).rev().collect()));
            assert_eq!(one.join().unwrap(), two.join().unwrap());
        });
    }

    #[test]
    fn a_clock_counts_sessions_or_days() {
        let date = |y, m, d| NaiveDate::from_ymd_opt(y, m, d).unwrap();
        // Grows by e a tick, and by nothing else.
        let model = Gbm { start: "1".parse().unwrap(), drift: PerYear(1.0), volatility: PerYear(0.0) };
        let sessions = Clock::Sessions { calendar: &XNYS, per_year: 1.0 };
        let market = |clock| Market::new(Seed(1), date(2000, 1, 3), clock).unwrap().stock(symbol(0), model).unwrap();
        let monday = date(2000, 1, 10);
        assert_eq!(market(sessions).close(symbol(0), monday), Ok("148.41".parse().unwrap()), "e^5");
        assert_eq!(
            market(Clock::CalendarDays { per_year: 1.0 }).close(symbol(0), monday),
            Ok("1096.63".parse().unwrap())
        );
        let sunday = date(2000, 1, 9);
        let refused = PriceError::NotASession { session: sunday };
        assert_eq!(market(sessions).close(symbol(0), sunday), Err(refused));
        assert_eq!(Market::new(Seed(1), sunday, sessions).unwrap_err(), refused);
        let (first, last) = (XNYS.first(), XNYS.last());
        let after = date(2031, 1, 1);
        let unknown = PriceError::NotInCalendar { session: after, first, last };
        assert_eq!(market(sessions).close(symbol(0), after), Err(unknown));
        assert_eq!(market(sessions).closes(symbol(0), ..=after).unwrap_err(), unknown);
        assert_eq!(market(sessions).closes(symbol(0), ..).unwrap().size_hint().0, 7794);
        let grown = "532048240601.80".parse().unwrap();
        assert_eq!(market(sessions).close(symbol(0), date(2000, 2, 10)), Ok(grown), "e^27, by mpmath 1.3");
        let large = PriceError::TooLarge { symbol: symbol(0), session: date(2000, 2, 11) };
        assert_eq!(market(sessions).close(symbol(0), date(2000, 2, 11)), Err(large));
    }

    /// A session that is struck from the calendar: closes before it stay, and each after it is what the path had a
    /// session earlier, so that they differ. A clock of days has no calendar: it keeps them all, and the date itself.
    #[test]
    fn a_closure_moves_later_prices_by_a_tick() {
        let dates: Vec<NaiveDate> =
            XNYS.sessions(day(0)..).unwrap().map(|session| session.date()).take(1_000).collect();
        for gone in [1, 31, 32, 500] {
            let patched = XNYS.with([dates[gone]]).unwrap();
            let [before, after] = [&XNYS, &patched].map(|calendar| {
                let clock = Clock::Sessions { calendar, per_year: 252.0 };
                let market = Market::new(Seed(11), day(0), clock).unwrap();
                (0..3).fold(market, |market, n| market.stock(symbol(n), models()[n].clone()).unwrap())
            });
            for stock in (0..3).map(symbol) {
                let [old, new] = [&before, &after]
                    .map(|market| market.closes(stock, ..=dates[999]).unwrap().map(Result::unwrap).collect::<Vec<_>>());
                assert_eq!((old.len(), new.len()), (1_000, 999));
                assert_eq!(old[..gone], new[..gone], "before {}", dates[gone]);
                let later = old[gone..].windows(2).zip(&new[gone..]);
                for (old, new) in later.clone() {
                    assert_eq!((new.session, new.price), (old[1].session, old[0].price));
                    assert_eq!(after.close(stock, new.session), Ok(new.price), "alone");
                }
                // Some neighbours are alike to a cent.
                assert!(later.filter(|(old, new)| old[1].price != new.price).count() > 400, "{stock} moved");
                let session = dates[gone];
                assert_eq!(after.close(stock, session), Err(PriceError::NotASession { session }));
            }
        }
    }

    #[test]
    fn what_a_market_lacks_is_said() {
        let replay = Replay::new(vec![(day(0), "1".parse().unwrap()), (day(2), "2".parse().unwrap())]).unwrap();
        let market = Market::new(Seed(1), day(0), DAYS).unwrap().stock(symbol(0), replay.clone()).unwrap();
        assert_eq!(market.close(symbol(0), day(2)), Ok("2".parse().unwrap()));
        assert_eq!(market.value(symbol(0), day(2)), Ok(2.0));
        assert_eq!(market.close(symbol(0), day(1)), Err(PriceError::NoClose { symbol: symbol(0), session: day(1) }));
        assert_eq!(market.close(symbol(1), day(0)), Err(PriceError::UnknownStock { symbol: symbol(1) }));
        let before = day(0).pred_opt().unwrap();
        assert_eq!(market.close(symbol(0), before), Err(PriceError::BeforeFirst { session: before, first: day(0) }));
        assert_eq!(
            market.closes(symbol(0), before..).unwrap_err(),
            PriceError::BeforeFirst { session: before, first: day(0) }
        );
        assert_eq!(market.closes(symbol(0), day(5)..day(5)).unwrap().count(), 0);
        let after_all = (Bound::Excluded(NaiveDate::MAX), Bound::Unbounded);
        assert_eq!(market.closes(symbol(0), after_all).unwrap().size_hint(), (0, Some(0)));
        assert_eq!(market.closes(symbol(0), after_all).unwrap().count(), 0);
        assert_eq!(market.closes(symbol(0), NaiveDate::MAX..).unwrap().count(), 1);
        assert_eq!(market.stock(symbol(0), replay).unwrap_err(), PriceError::RepeatedStock { symbol: symbol(0) });
    }

    #[test]
    fn parameters_that_make_no_price_are_refused() {
        let start = "100".parse().unwrap();
        let gbm = |drift, volatility| Gbm { start, drift: PerYear(drift), volatility: PerYear(volatility) };
        let refused = |model: Model| Market::new(Seed(1), day(0), DAYS).unwrap().stock(symbol(0), model).unwrap_err();
        for wrong in [f64::NAN, f64::INFINITY, -f64::INFINITY, 2e9] {
            assert_eq!(refused(gbm(wrong, 0.2).into()), PriceError::OutOfRange { parameter: Parameter::Drift });
            assert_eq!(refused(gbm(0.1, wrong).into()), PriceError::OutOfRange { parameter: Parameter::Volatility });
            let clock = Clock::CalendarDays { per_year: wrong };
            let parameter = Parameter::TicksPerYear;
            assert_eq!(Market::new(Seed(1), day(0), clock).unwrap_err(), PriceError::OutOfRange { parameter });
        }
        assert_eq!(refused(gbm(0.1, -0.2).into()), PriceError::Negative { parameter: Parameter::Volatility });
        let ou = |reversion| Ou { start, level: start, reversion: PerYear(reversion), volatility: PerYear(0.1) };
        assert_eq!(refused(ou(0.0).into()), PriceError::NotPositive { parameter: Parameter::Reversion });
        let merton = |intensity, jump_mean, jump_deviation| {
            let (drift, volatility, intensity) = (PerYear(0.0), PerYear(0.1), PerYear(intensity));
            Merton { start, drift, volatility, intensity, jump_mean, jump_deviation }
        };
        assert_eq!(refused(merton(-1.0, 0.0, 0.1).into()), PriceError::Negative { parameter: Parameter::Intensity });
        assert_eq!(
            refused(merton(1.0, 0.0, -0.1).into()),
            PriceError::Negative { parameter: Parameter::JumpDeviation }
        );
        assert_eq!(refused(merton(1.0, 2e9, 0.1).into()), PriceError::OutOfRange { parameter: Parameter::JumpMean });
        // E e^J is beyond 10^9 by either.
        for (mean, deviation) in [(1e3, 0.1), (-0.05, 7.0)] {
            let error = refused(merton(1.0, mean, deviation).into());
            assert_eq!(error, PriceError::OutOfRange { parameter: Parameter::JumpGrowth });
            assert_eq!(error.to_string(), "what a jump adds to the mean is not within +-10^9");
        }
        for reversion in [5e-324, 1e-300] {
            assert_eq!(refused(ou(reversion).into()), PriceError::TooSmall { parameter: Parameter::Reversion });
        }
        let zero = Clock::Sessions { calendar: &XNYS, per_year: 0.0 };
        let parameter = Parameter::TicksPerYear;
        assert_eq!(Market::new(Seed(1), day(0), zero).unwrap_err(), PriceError::NotPositive { parameter });
        for per_year in [5e-324, 1e-310, 1e-3_f64.next_down()] {
            let clock = Clock::CalendarDays { per_year };
            assert_eq!(Market::new(Seed(1), day(0), clock).unwrap_err(), PriceError::TooSmall { parameter });
        }
        assert!(Market::new(Seed(1), day(0), Clock::CalendarDays { per_year: 1e-3 }).is_ok());
    }

    /// Each jump moves the price by 10⁻⁹ of it, and the drift takes back what 10¹² of them add to its mean: the price
    /// would fall by e⁻¹⁰⁰⁰ if they were not drawn.
    #[test]
    fn the_most_jumps_are_drawn() {
        let model = |intensity| Merton {
            start: "100".parse().unwrap(),
            drift: PerYear(0.0),
            volatility: PerYear(0.0),
            intensity: PerYear(intensity),
            jump_mean: 1e-9,
            jump_deviation: 0.0,
        };
        let most = 1e12 / 134_217_728.0;
        let market = || Market::new(Seed(1), NaiveDate::MIN, Clock::CalendarDays { per_year: 1.0 }).unwrap();
        assert_eq!(market().stock(symbol(0), model(f64::next_up(most))).unwrap_err(), PriceError::CrowdedClock);
        assert_eq!(market().stock(symbol(0), model(1e9)).unwrap_err(), PriceError::CrowdedClock);
        let market = market().stock(symbol(0), model(most)).unwrap();
        // The deviation of 1.4 · 10¹² jumps is below 1.2 · 10⁶: five of them move the price by 0.6 %.
        for date in [NaiveDate::MIN + Days::new(134_217_728), NaiveDate::MAX] {
            let value = market.value(symbol(0), date).unwrap();
            assert!((value - 100.0).abs() < 0.6, "{value}");
        }
    }

    /// What may be given as a parameter: likely ones, the ends, and what is none.
    fn parameter() -> impl Strategy<Value = f64> {
        let ends = [
            0.0,
            -0.0,
            5e-324,
            -5e-324,
            1e-308,
            1e-300,
            1e-100,
            1e-9,
            1e-3,
            1.0,
            1e3,
            1e5,
            1e9,
            -1e9,
            1.1e9,
            f64::NAN,
            f64::INFINITY,
        ];
        prop_oneof![
            3 => 0.0..2.0_f64, 1 => -1.0..1.0_f64, 1 => 0.0..1e4_f64,
            3 => prop::sample::select(ends.to_vec()), 1 => (0..=0x41d_u64).prop_map(|power| f64::from_bits(power << 52 | 1)),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]

        /// Whatever the parameters and the clock: no market, or one whose values are numbers, 0 and infinity among them,
        /// alone and in order.
        #[test]
        fn what_is_accepted_has_values(
            per_year in prop_oneof![parameter(), Just(252.0)],
            [a, b, c, d, e, f] in [parameter(), parameter(), parameter(), parameter(), parameter(), parameter()],
            prices in [1..=Price::MAX.units(), 1..=Price::MAX.units()],
            near in 0..100_u32,
            far in 0..190_000_000_u32,
            seed in any::<u64>(),
        ) {
            let [start, level] = prices.map(|units| Price::from_units(units).unwrap());
            let [drift, volatility, intensity, reversion] = [a, b, c, d].map(PerYear);
            let past = [start, level, start, start, level];
            let models: [Model; 7] = [
                Gbm { start, drift, volatility }.into(),
                Merton { start, drift, volatility, intensity, jump_mean: d, jump_deviation: e }.into(),
                Ou { start, level, reversion, volatility }.into(),
                Heston {
                    start,
                    drift,
                    initial_variance: volatility,
                    long_run_variance: intensity,
                    mean_reversion: reversion,
                    vol_of_vol: PerYear(e),
                    correlation: f,
                }
                .into(),
                Bootstrap::new(start, &past, MeanBlock(2)).unwrap().into(),
                Uniform::new("100".parse().unwrap()).unwrap().into(),
                Replay::new(vec![(NaiveDate::MIN, start)]).unwrap().into(),
            ];
            let clock = Clock::CalendarDays { per_year };
            for model in models {
                let steps = matches!(model, Model::Heston(_) | Model::Bootstrap(_));
                let market = Market::new(Seed(seed), NaiveDate::MIN, clock);
                let Ok(market) = market.and_then(|market| market.stock(symbol(0), model)) else { continue };
                for tick in [0, 1, near, if steps { near + 1 } else { far }] {
                    let date = NaiveDate::MIN + Days::new(tick.into());
                    prop_assert!(!market.value(symbol(0), date).is_ok_and(f64::is_nan), "tick {}", tick);
                    let stock = market.of(symbol(0)).unwrap();
                    let walked = stock.walk(&mut stock.cursor(), &mut Kept::new(1), tick);
                    prop_assert!(!stock.has_path() || !walked.is_nan(), "tick {} in order", tick);
                }
            }
        }
    }

    /// 20,000 draws: the mean of u within five standard errors of 0, no value outside, and each stock, day and market
    /// on its own.
    #[test]
    fn closes_are_spread_evenly() {
        let model = Uniform::new("1000".parse().unwrap()).unwrap();
        let market = |index| {
            (0..2).fold(Market::new(Seed(7).of_market(index), day(0), DAYS).unwrap(), |market, n| {
                market.stock(symbol(n), model).unwrap()
            })
        };
        let closes = |market: &Market<'_>, stock| -> Vec<i128> {
            (0..20_000).map(|on| market.close(symbol(stock), day(on)).unwrap().units() / 1_000_000).collect()
        };
        let (one, two) = (market(0), market(1));
        let all = [closes(&one, 0), closes(&one, 1), closes(&two, 0)];
        for cents in &all {
            assert!(cents.iter().all(|cents| (95_000..=105_000).contains(cents)));
            // The deviation of one draw is 10,000 / √12 = 2,887 cents, of the sum of 20,000 that times √20,000.
            let sum: i128 = cents.iter().map(|cents| cents - 100_000).sum();
            assert!(sum.abs() < 5 * 2_887 * 142, "{sum}");
        }
        for (a, b) in [(0, 1), (0, 2), (1, 2)] {
            let same = all[a].iter().zip(&all[b]).filter(|(a, b)| a == b).count();
            assert!(same < 30, "{same} of 20,000 closes alike; 2 expected");
        }
    }
}
