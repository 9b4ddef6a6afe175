//! From TOML to models of finnet-core that have a path: their parameters, the clock and the correlations.
//!
//! ```toml
//! model = { gbm = { drift = 0.07, volatility = 0.22 } }  # of each stock that says nothing else; or merton, ou, heston
//! clock = { sessions_per_year = 252 }                    # or days_per_year = 365
//! correlation = 0.3                                      # of any two stocks; or a row for each: [[1, 0.3], [0.3, 1]]
//! [exchange.stocks]
//! IBM = "128.25"                                         # the first close
//! AAPL = { start = "151.60", volatility = 0.31 }
//! ```
//!
//! Whether a number makes a model is finnet-core's to say: a market is made of them here, and its error has the place.

use chrono::NaiveDate;
use finnet_core::Symbol;
use finnet_core::price::{self, Gbm, Heston, Market, Merton, Ou, PerYear, Seed};
use toml::de::{DeTable, DeValue};

use super::read::{Fields, Reader, Refused, Value, base_price, in_order, no_table_under, table, wrong_type};
use super::{Clock, Model, ModelProblem, Problem};

/// A model's name, its parameters, and those with `start` before them: what a stock's own table may hold.
struct Kind {
    name: &'static str,
    parameters: &'static [&'static str],
    of_stock: &'static [&'static str],
    make: fn(&Parameters<'_, '_>) -> Result<price::Model, Refused>,
}

/// The models that have a path.
const KINDS: [Kind; 4] = [
    Kind {
        name: "gbm",
        parameters: &["drift", "volatility"],
        of_stock: &["start", "drift", "volatility"],
        make: |of| {
            let [drift, volatility] = [of.per_year("drift")?, of.per_year("volatility")?];
            Ok(Gbm { start: of.start()?, drift, volatility }.into())
        },
    },
    Kind {
        name: "merton",
        parameters: &["drift", "volatility", "intensity", "jump_mean", "jump_deviation"],
        of_stock: &["start", "drift", "volatility", "intensity", "jump_mean", "jump_deviation"],
        make: |of| {
            let [drift, volatility] = [of.per_year("drift")?, of.per_year("volatility")?];
            let [jump_mean, jump_deviation] = [of.number("jump_mean")?, of.number("jump_deviation")?];
            let intensity = of.per_year("intensity")?;
            Ok(Merton { start: of.start()?, drift, volatility, intensity, jump_mean, jump_deviation }.into())
        },
    },
    Kind {
        name: "ou",
        parameters: &["level", "reversion", "volatility"],
        of_stock: &["start", "level", "reversion", "volatility"],
        make: |of| {
            let [reversion, volatility] = [of.per_year("reversion")?, of.per_year("volatility")?];
            Ok(Ou { start: of.start()?, level: base_price(of.need("level")?)?, reversion, volatility }.into())
        },
    },
    Kind {
        name: "heston",
        parameters: HESTON.split_at(1).1,
        of_stock: HESTON,
        make: |of| {
            Ok(Heston {
                start: of.start()?,
                drift: of.per_year("drift")?,
                initial_variance: of.per_year("initial_variance")?,
                long_run_variance: of.per_year("long_run_variance")?,
                mean_reversion: of.per_year("mean_reversion")?,
                vol_of_vol: of.per_year("vol_of_vol")?,
                correlation: of.number("correlation")?,
            }
            .into())
        },
    },
];

const HESTON: &[&str] =
    &["start", "drift", "initial_variance", "long_run_variance", "mean_reversion", "vol_of_vol", "correlation"];

/// The keys that may stand in `model = { … }`: the replay, and each of the kinds.
pub(super) const IN_MODEL: &[&str] = &["replay", "bootstrap", "gbm", "merton", "ou", "heston"];

/// Where the parameters of one stock stand: its own before those of the exchange.
struct Parameters<'v, 't> {
    stock: &'v Value<'t>,
    own: Option<Fields<'v, 't>>,
    common: &'v Fields<'v, 't>,
}

impl<'v, 't> Parameters<'v, 't> {
    fn need(&self, key: &'static str) -> Result<&'v Value<'t>, Refused> {
        match self.own.as_ref().and_then(|own| own.find(key)) {
            Some(value) => Ok(value),
            None => self.common.need(key, "it to the model, or to each stock: { start = \"128.25\", … }"),
        }
    }

    fn start(&self) -> Result<finnet_core::Price, Refused> {
        let start = self.own.as_ref().map(|own| own.need("start", "start = \"128.25\""));
        base_price(start.transpose()?.unwrap_or(self.stock))
    }

    fn number(&self, key: &'static str) -> Result<f64, Refused> {
        number(self.need(key)?)
    }

    fn per_year(&self, key: &'static str) -> Result<PerYear, Refused> {
        self.number(key).map(PerYear)
    }
}

impl Reader<'_> {
    /// Returns the stocks of an exchange whose returns are those of a closes file, drawn in blocks, and the model.
    pub(super) fn bootstrap(
        &mut self,
        parameters: &Value<'_>,
        stocks: &Value<'_>,
    ) -> Result<(Vec<Symbol>, Model), Refused> {
        let keys = table(parameters, "a table { closes = \"closes.csv\", mean_block = 21 }")?;
        let fields = Fields::of(keys, parameters.span(), &["closes", "mean_block"])?;
        let source = self.source(fields.need("closes", "closes = \"closes.csv\"")?)?;
        let mean_block = fields.need("mean_block", "mean_block = 21")?;
        let DeValue::Integer(number) = mean_block.get_ref() else {
            return Err(wrong_type(mean_block, "a number of sessions, 21,", mean_block.get_ref()));
        };
        let refused = |_| (mean_block.span(), Problem::Model(ModelProblem::Block));
        let block: u32 = u32::from_str_radix(number.as_str(), number.radix()).map_err(refused)?;
        let (stocks, start) = self.priced(stocks)?;
        Ok((stocks, Model::Bootstrap { source, mean_block: price::MeanBlock(block), start }))
    }

    /// Returns the stocks of an exchange whose model has a path, and the model; `fields` are the exchange's.
    pub(super) fn paths(
        &mut self,
        kind: &str,
        parameters: &Value<'_>,
        fields: &Fields<'_, '_>,
    ) -> Result<(Vec<Symbol>, Model), Refused> {
        let kind = KINDS.iter().find(|known| known.name == kind).expect("one of the keys that may stand there");
        let common = Fields::of(table(parameters, "a table of parameters")?, parameters.span(), kind.parameters)?;
        let clock = clock(fields.need("clock", "clock = { sessions_per_year = 252 }, or days_per_year = 365")?)?;
        let value = fields.need("stocks", "[exchange.stocks]")?;
        let refused = |value: &Value<'_>| {
            let span = value.span();
            move |reason| (span, Problem::Model(ModelProblem::NoMarket { reason }))
        };
        // A market of nowhere: what it refuses, the exchange's would refuse.
        let (Clock::Sessions { per_year } | Clock::Days { per_year }) = clock;
        let first = NaiveDate::from_ymd_opt(2000, 1, 1).expect("a date");
        let trial = Market::new(Seed(0), first, price::Clock::CalendarDays { per_year });
        let mut trial = trial.map_err(refused(fields.need("clock", "")?))?;
        let (mut stocks, mut models) = (Vec::new(), Vec::new());
        for (key, stock) in in_order(table(value, "a table [exchange.stocks]")?) {
            let own = match stock.get_ref() {
                DeValue::Table(own) if own.contains_key("start") => Some(Fields::of(own, stock.span(), kind.of_stock)?),
                _ => {
                    no_table_under(key, stock)?;
                    None
                }
            };
            let symbol = self.list(key.get_ref(), key.span())?;
            let model = (kind.make)(&Parameters { stock, own, common: &common })?;
            trial = trial.stock(symbol, model.clone()).map_err(refused(stock))?;
            stocks.push(symbol);
            models.push(model);
        }
        if stocks.is_empty() {
            return Err((value.span(), Problem::NoStock));
        }
        let mut correlation = Vec::new();
        if let Some(value) = fields.find("correlation") {
            correlation = correlations(value, stocks.len())?;
            trial.correlated(&correlation).map_err(refused(value))?;
        }
        Ok((stocks, Model::Paths { clock, models, correlation }))
    }
}

fn clock(value: &Value<'_>) -> Result<Clock, Refused> {
    const TAKES: &str = "{ sessions_per_year = 252 } or { days_per_year = 365 }";
    let keys: &DeTable<'_> = table(value, TAKES)?;
    let fields = Fields::of(keys, value.span(), &["sessions_per_year", "days_per_year"])?;
    match (fields.find("sessions_per_year"), fields.find("days_per_year")) {
        (Some(per_year), None) => Ok(Clock::Sessions { per_year: number(per_year)? }),
        (None, Some(per_year)) => Ok(Clock::Days { per_year: number(per_year)? }),
        (Some(_), Some(_)) => Err((value.span(), Problem::WrongType { takes: TAKES, found: "both" })),
        (None, None) => Err((value.span(), Problem::WrongType { takes: TAKES, found: "neither" })),
    }
}

/// Returns a row for each stock.
fn correlations(value: &Value<'_>, stocks: usize) -> Result<Vec<Vec<f64>>, Refused> {
    let DeValue::Array(rows) = value.get_ref() else {
        let any = number(value)?;
        return Ok((0..stocks).map(|i| (0..stocks).map(|j| if i == j { 1.0 } else { any }).collect()).collect());
    };
    let row = |row: &Value<'_>| match row.get_ref() {
        DeValue::Array(row) => row.iter().map(number).collect(),
        other => Err(wrong_type(row, "a row of correlations, [1, 0.3],", other)),
    };
    rows.iter().map(row).collect()
}

fn number(value: &Value<'_>) -> Result<f64, Refused> {
    const TAKES: &str = "a number, 0.07,";
    let text = match value.get_ref() {
        DeValue::Float(number) => number.as_str(),
        DeValue::Integer(number) if number.radix() == 10 => number.as_str(),
        other => return Err(wrong_type(value, TAKES, other)),
    };
    text.parse().map_err(|_| (value.span(), Problem::WrongType { takes: TAKES, found: "what is none" }))
}
