//! Every model, and its bars and ticks, against a second implementation of 40 digits
//! (`tests/data/price/models.py`, which says what it is made of): the same decimals, of prices near 10⁸.

use finnet_core::calendar::XNYS;
use finnet_core::chrono::{Days, NaiveDate};
use finnet_core::price::{
    Bootstrap, Clock, Gbm, Heston, Market, MeanBlock, Merton, Ou, Overnight, PerYear, PriceError, Replay, Seed, Uniform,
};
use finnet_core::{Price, Symbol};

type Failure = Box<dyn std::error::Error>;

fn market() -> Result<Market<'static>, Failure> {
    let start = "100000000".parse::<Price>()?;
    let heston = |drift, long_run_variance, mean_reversion, vol_of_vol, correlation| Heston {
        start,
        drift: PerYear(drift),
        initial_variance: PerYear(0.04),
        long_run_variance: PerYear(long_run_variance),
        mean_reversion: PerYear(mean_reversion),
        vol_of_vol: PerYear(vol_of_vol),
        correlation,
    };
    let past = ["100", "102", "99", "101", "104", "103", "98", "99", "105", "107", "101"];
    let past: Vec<Price> = past.iter().map(|close| close.parse()).collect::<Result<_, _>>()?;
    let first = NaiveDate::from_ymd_opt(2000, 1, 3).ok_or("no date")?;
    let merton = Merton {
        start,
        drift: PerYear(0.08),
        volatility: PerYear(0.15),
        intensity: PerYear(2.0),
        jump_mean: -0.05,
        jump_deviation: 0.08,
    };
    let (above, level) = ("120000000".parse()?, "70000000".parse()?);
    let ou = Ou { start: above, level, reversion: PerYear(3.0), volatility: PerYear(0.3) };
    let closes = ["100000000", "101500000", "99250000", "99800000", "103000000", "102000000", "98000000"];
    let closes = (0..=1000).zip(closes.iter().cycle());
    let closes =
        closes.map(|(day, close)| Ok((first + Days::new(day), close.parse()?))).collect::<Result<_, Failure>>()?;
    // Only two of them move together; what draws elsewhere is in the matrix because all are.
    let mut matrix: Vec<Vec<f64>> = (0..8).map(|i| (0..8).map(|j| f64::from(u8::from(i == j))).collect()).collect();
    (matrix[0][1], matrix[1][0]) = (0.5, 0.5);
    Ok(Market::new(Seed(2026), first, Clock::CalendarDays { per_year: 252.0 })?
        .stock(Symbol::new("GBM")?, Gbm { start, drift: PerYear(0.07), volatility: PerYear(0.22) })?
        .stock(Symbol::new("CALM")?, heston(0.07, 0.05, 2.0, 0.4, -0.7))?
        .stock(Symbol::new("WILD")?, heston(0.03, 0.04, 1.0, 0.6, -0.5))?
        .stock(Symbol::new("PAST")?, Bootstrap::new(start, &past, MeanBlock(3))?)?
        .stock(Symbol::new("MERTON")?, merton)?
        .stock(Symbol::new("OU")?, ou)?
        .stock(Symbol::new("UNI")?, Uniform::new(start)?)?
        .stock(Symbol::new("REAL")?, Replay::new(closes)?)?
        .correlated(&matrix)?
        .overnight(Overnight::share(0.25)?))
}

#[test]
fn closes_bars_and_ticks_are_those_of_40_digits() -> Result<(), Failure> {
    let market = market()?;
    let mut compared = 0;
    for line in include_str!("data/price/models.csv").lines().skip(1) {
        let [symbol, date, what, value] = line.split(',').collect::<Vec<_>>()[..] else { panic!("{line}") };
        let (symbol, date) = (Symbol::new(symbol)?, date.parse::<NaiveDate>()?);
        let bar = market.bar(symbol, date)?;
        // Ticks want the hours of an exchange, so they are compared on the sessions of one.
        let tick = || -> Result<_, Failure> { Ok(market.ticks(symbol, XNYS.session(date)?)?.nth(100).ok_or("100")?) };
        let found = match what {
            "close" => market.close(symbol, date)?.to_string(),
            "open" => bar.open.to_string(),
            "high" => bar.high.to_string(),
            "low" => bar.low.to_string(),
            "volume" => bar.volume.to_string(),
            "tick100" if !XNYS.is_session(date)? => continue,
            "tick100" => tick()?.price.to_string(),
            "at100" => tick()?.at.timestamp_nanos_opt().ok_or("far")?.to_string(),
            other => panic!("{other}"),
        };
        assert_eq!(found, value, "{line}");
        compared += 1;
    }
    assert!(compared > 200, "{compared} values compared");
    Ok(())
}

/// Bad input of each kind, as the market says it.
#[test]
fn bad_input_is_said() -> Result<(), Failure> {
    let message = |error: PriceError| error.to_string();
    assert_eq!(message(Overnight::share(1.0).unwrap_err()), "the share of the night is not below 1");
    let start: Price = "1".parse()?;
    assert_eq!(
        message(Bootstrap::new(start, &[start; 2], MeanBlock(1)).unwrap_err()),
        "2 closes of the past make no two returns"
    );
    assert_eq!(
        message(Bootstrap::new(start, &[start; 5], MeanBlock(5)).unwrap_err()),
        "a block of 5 returns, of a past of 4"
    );
    let heston = |mean_reversion, vol_of_vol, correlation| Heston {
        start,
        drift: PerYear(0.0),
        initial_variance: PerYear(0.0),
        long_run_variance: PerYear(0.0),
        mean_reversion: PerYear(mean_reversion),
        vol_of_vol: PerYear(vol_of_vol),
        correlation,
    };
    let refused = |model: Heston| -> Result<String, Failure> {
        let first = NaiveDate::from_ymd_opt(2000, 1, 3).ok_or("no date")?;
        let market = Market::new(Seed(1), first, Clock::CalendarDays { per_year: 365.0 })?;
        Ok(message(market.stock(Symbol::new("S")?, model).unwrap_err()))
    };
    assert_eq!(refused(heston(2.0, 0.3, 1.01))?, "the correlation of price and variance is not between -1 and 1");
    assert_eq!(refused(heston(2.0, 0.3, f64::NAN))?, "the correlation of price and variance is not within +-10^9");
    let days = |per_year| Market::new(Seed(1), NaiveDate::MIN, Clock::CalendarDays { per_year });
    assert_eq!(message(days(1e-310).unwrap_err()), "the number of ticks in a year is too small");
    let (jump_mean, jump_deviation) = (0.0, 0.1);
    let (drift, volatility, intensity) = (PerYear(0.0), PerYear(0.1), PerYear(1e9));
    let merton = Merton { start, drift, volatility, intensity, jump_mean, jump_deviation };
    assert_eq!(
        message(days(365.0)?.stock(Symbol::new("S")?, merton).unwrap_err()),
        "the clock's ticks are too long for as many jumps as this"
    );
    assert_eq!(refused(heston(2.0, -0.3, 0.0))?, "the vol of vol is below 0");
    assert_eq!(refused(heston(1000.0, 1730.0, 1.0))?, "the clock's ticks are too long for a variance as fast as this");
    Ok(())
}
