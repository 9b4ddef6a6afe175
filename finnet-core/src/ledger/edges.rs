//! Single cases by hand: what is refused and why, both ends of the range, corrections of a day.

use chrono::{Days, NaiveDate};

use super::*;
use crate::money::{EUR, JPY, PerShare, Price, USD};
use crate::rate::Rate;

fn date(day: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2026, 1, 1).unwrap() + Days::new(day)
}

fn x() -> Symbol {
    Symbol::new("X").unwrap()
}

fn usd(text: &str) -> Money {
    USD.of(text).unwrap()
}

fn dollars(text: &str) -> PerShare {
    USD.per_share(text).unwrap()
}

fn at(price: &'static str) -> impl Fn(Symbol, NaiveDate) -> Option<Price> {
    move |_, _| price.parse().ok()
}

/// Ten shares at 10.00 on day 1.
fn ledger() -> Ledger {
    let mut ledger = Ledger::new(USD, LotMethod::Fifo);
    ledger.apply(date(1), Trade::buy(10, x(), dollars("10")).unwrap()).unwrap();
    ledger
}

#[test]
fn what_is_refused_says_why_and_leaves_no_trace() {
    let mut ledger = ledger();
    let other = Symbol::new("Y").unwrap();
    let lot = LotId { entry: EntryId(1), place: 0 };
    let shares = |text: &str| Shares::try_from(text).unwrap();
    let sell = |count: i32| Trade::sell(count, x(), dollars("9")).unwrap();
    let split = Split { symbol: x(), new: 3, old: 2, fractions: Fractions::InLieu(EUR.per_share(1).unwrap()) };
    let dividend = Dividend::new(x(), dollars("1"));
    let euros = LedgerError::Currencies { expected: USD, found: EUR };
    let cases: Vec<(Entry, LedgerError)> = vec![
        (sell(11).into(), LedgerError::TooFew { symbol: x(), held: shares("10") }),
        (Trade { symbol: other, ..sell(1) }.into(), LedgerError::NotHeld { symbol: other }),
        (Trade::cover(1, x(), dollars("9")).unwrap().into(), LedgerError::IsLong { symbol: x() }),
        (Trade::short(1, x(), dollars("9")).unwrap().into(), LedgerError::IsLong { symbol: x() }),
        (Trade::sell(1, x(), EUR.per_share(9).unwrap()).unwrap().into(), euros.clone()),
        (sell(1).fee(EUR.of(1).unwrap()).into(), LedgerError::FeeCurrency { expected: USD, found: EUR }),
        (sell(1).settles(date(0)).into(), LedgerError::SettlesBefore { settles: date(0) }),
        (Trade::buy(1, x(), dollars("9")).unwrap().of_lot(lot, shares("1")).into(), LedgerError::OpensALot),
        (sell(3).of_lot(lot, shares("2")).into(), LedgerError::NamedLots { named: shares("2") }),
        (
            sell(2).of_lot(lot, shares("1")).of_lot(lot, shares("1")).into(),
            LedgerError::Lot { lot, held: shares("10") },
        ),
        (sell(1).of_lot(lot, shares("0")).into(), LedgerError::Lot { lot, held: shares("10") }),
        (
            sell(1).of_lot(LotId { place: 1, ..lot }, shares("1")).into(),
            LedgerError::NoLot { lot: LotId { place: 1, ..lot } },
        ),
        (dividend.withheld(usd("10.01")).into(), LedgerError::Withheld),
        (dividend.withheld(EUR.of(1).unwrap()).into(), euros.clone()),
        (dividend.pays(date(0)).into(), LedgerError::SettlesBefore { settles: date(0) }),
        (split.into(), euros.clone()),
        (Split { old: 0, fractions: Fractions::Keep, ..split }.into(), LedgerError::Ratio),
        (StockDividend { symbol: x(), new: 0, per: 1, fractions: Fractions::Keep }.into(), LedgerError::Ratio),
        (Interest(usd("0")).into(), LedgerError::NotPositive),
        (Deposit(usd("-1")).into(), LedgerError::NotPositive),
        (
            Deposit(EUR.of(1).unwrap()).into(),
            LedgerError::Rate(crate::rate::RateError::Lacking { currency: EUR, date: date(1) }),
        ),
        (Exchange { give: usd("1"), get: usd("1") }.into(), LedgerError::Same),
        (Rename { from: x(), to: x() }.into(), LedgerError::Same),
        (
            Deposit(Currency::new("USD", 4).unwrap().of(1).unwrap()).into(),
            LedgerError::Currencies { expected: USD, found: Currency::new("USD", 4).unwrap() },
        ),
    ];
    let before = ledger.clone();
    for (entry, why) in cases {
        assert!(why.to_string().len() > 10);
        assert_eq!(ledger.apply(date(1), entry.clone()), Err(why), "{entry:?}");
        assert_eq!(ledger, before);
    }
    // A dividend may be paid on its ex-date, with all of it withheld.
    assert!(ledger.apply(date(1), dividend.pays(date(1)).withheld(usd("10"))).is_ok());
    assert_eq!(ledger.reverse(date(0), EntryId(1)), Err(LedgerError::OutOfOrder { last: date(1) }));
    assert_eq!(ledger.reverse(date(1), EntryId(9)), Err(LedgerError::NoEntry { entry: EntryId(9) }));
}

/// 10¹⁸ minor units and millionths are refused one by one and in sums; nothing panics.
#[test]
fn both_ends_of_the_range_hold() {
    let most = Shares::from_millionths(999_999_999_999_999_999).unwrap();
    let dear = PerShare { price: Price::MAX, currency: USD };
    let cheap = PerShare { price: Price::from_units(1).unwrap(), currency: USD };
    let mut ledger = Ledger::new(USD, LotMethod::Average);
    assert_eq!(ledger.apply(date(1), Trade::buy(most, x(), dear).unwrap()), Err(LedgerError::TooLarge));
    ledger.apply(date(1), Trade::buy(most, x(), cheap).unwrap()).unwrap();
    assert_eq!(ledger.cash().next(), Some(usd("-10000.00"))); // 9,999.99999999999… rounded
    let more = Trade::buy("0.000001", x(), cheap).unwrap();
    assert_eq!(ledger.apply(date(1), more), Err(LedgerError::TooLarge));
    assert_eq!(ledger.nav(date(1), |_, _| Some(Price::MAX)), Err(NavError::TooLarge));
    let split = Split { symbol: x(), new: 2, old: 1, fractions: Fractions::Keep };
    assert_eq!(ledger.apply(date(1), split), Err(LedgerError::TooLarge));
    let all = Money::from_minor(999_999_999_999_999_999, USD).unwrap();
    ledger.apply(date(2), Deposit(all)).unwrap();
    assert_eq!(ledger.apply(date(2), Deposit(all)), Err(LedgerError::TooLarge));
    let mut ledger = Ledger::new(USD, LotMethod::Fifo);
    for day in [NaiveDate::MIN, NaiveDate::MAX] {
        ledger.apply(day, Deposit(usd("1"))).unwrap();
    }
    assert_eq!(ledger.explain(NaiveDate::MIN, NaiveDate::MAX, at("1")).unwrap().change, usd("1"));
    let backwards = NavError::Backwards { from: date(2), to: date(1) };
    assert_eq!(ledger.explain(date(2), date(1), at("1")), Err(backwards.clone()));
    assert_eq!(ledger.explain_each([date(2), date(1)], at("1")), Err(backwards));
    // Dates that descend are answered all the same.
    let totals =
        |dates: [NaiveDate; 2]| ledger.navs(dates, at("1")).unwrap().iter().map(Nav::total).collect::<Vec<_>>();
    assert_eq!(totals([NaiveDate::MAX, date(1)]), [usd("2"), usd("1")]);
}

/// A late rate replays what an older one stood in for: lots, lines and cash agree.
#[test]
fn a_late_rate_replays_what_it_changes() {
    let mut rates = Rates::new(USD);
    rates.insert(date(0), EUR, Rate::direct("1.10").unwrap()).unwrap();
    let mut ledger = Ledger::new(USD, LotMethod::Fifo).with_rates(rates.carried(5));
    let euros = EUR.per_share(100).unwrap();
    ledger.apply(date(2), Trade::buy(10, x(), euros).unwrap()).unwrap();
    let fee = ledger.apply(date(2), Fee { amount: usd("1"), symbol: None }).unwrap();
    ledger.insert_rate(date(2), EUR, Rate::direct("1.20").unwrap()).unwrap();
    ledger.reverse(date(2), fee).unwrap();
    assert!(Ledger::restore(ledger.snapshot()).is_ok());
    ledger.apply(date(2), Trade::sell(10, x(), euros).unwrap()).unwrap();
    let why = ledger.explain(date(1), date(2), at("100")).unwrap();
    assert_eq!((why.change, why.terms.currency), (usd("0"), usd("0")));
    let known = Rate::direct("1.30").unwrap();
    let contradicts = crate::rate::RateError::Contradicts { currency: EUR, date: date(2) };
    assert_eq!(ledger.insert_rate(date(2), EUR, known), Err(LedgerError::Rate(contradicts)));
    assert!(ledger.insert_rate(date(1), JPY, known).is_ok(), "nobody has used it");
}

/// A split that came to be known after the trades of its day stands before them.
#[test]
fn a_late_split_goes_before_the_trades_of_its_day() {
    let mut ledger = Ledger::new(USD, LotMethod::Fifo);
    ledger.apply(date(0), Trade::buy(100, x(), dollars("40")).unwrap()).unwrap();
    let sale = ledger.apply(date(5), Trade::sell(10, x(), dollars("21")).unwrap()).unwrap();
    let split = Split { symbol: x(), new: 2, old: 1, fractions: Fractions::Keep };
    let correction = ledger.insert_before(sale, split).unwrap();
    assert_eq!(ledger.realised()[0].profit(), usd("10")); // 210 − 10 ÷ 200 of 4,000
    assert_eq!(ledger.position(x()).unwrap().shares(), Shares::try_from(190).unwrap());
    assert_eq!((correction.gains_gone.len(), correction.gains_new.len()), (1, 1));
    // Three days later instead: the sale is then of 10 among 100.
    ledger.redate(correction.entry.unwrap(), date(8)).unwrap();
    assert_eq!(ledger.realised()[0].profit(), usd("-190"));
    let entries: Vec<_> = ledger.entries().map(|(id, day, _)| (id.get(), day)).collect();
    assert_eq!(entries, [(1, date(0)), (2, date(5)), (3, date(8))]);
}

#[test]
fn a_reversed_trade_waits_for_no_cash() {
    let mut ledger = Ledger::new(USD, LotMethod::Fifo);
    let trade = Trade::buy(10, x(), dollars("10")).unwrap().settles(date(5));
    let id = ledger.apply(date(1), trade).unwrap();
    assert_eq!(ledger.unsettled(date(3)).map(Line::cash).collect::<Vec<_>>(), [usd("-100")]);
    assert_eq!(ledger.unsettled(date(5)).count(), 0);
    ledger.reverse(date(2), id).unwrap();
    assert_eq!((ledger.unsettled(date(1)).count(), ledger.unsettled(date(3)).count()), (1, 0));
}

/// The proceeds of a short position sold into a loss, and dearer capital paid back than it brought.
#[test]
fn capital_paid_back_on_a_short_position_is_at_home_what_it_is() {
    let mut ledger = Ledger::new(USD, LotMethod::Fifo);
    ledger.apply(date(0), Trade::short(1, x(), dollars("0.01")).unwrap().fee(usd("1"))).unwrap();
    ledger.apply(date(1), ReturnOfCapital { symbol: x(), per_share: dollars("0.50") }).unwrap();
    for line in ledger.lines() {
        assert_eq!((line.home_cash, line.home_cost, line.currency_effect), (line.cash, line.cost, 0));
    }
}

#[test]
fn orders_lead_from_short_to_long_and_buy_nothing_with_nothing() {
    let mut ledger = Ledger::new(USD, LotMethod::Fifo);
    ledger.apply(date(0), Deposit(usd("100"))).unwrap();
    ledger.apply(date(0), Trade::short(2, x(), dollars("10")).unwrap()).unwrap();
    let half = Fraction::new(1, 2).unwrap();
    let orders = ledger.orders(date(0), &[(x(), half)], at("10")).unwrap();
    let said: Vec<String> = orders.iter().map(ToString::to_string).collect();
    assert_eq!(said, ["cover 2 X at 10.00 USD", "buy 5 X at 10.00 USD"]);
    assert_eq!(ledger.orders(date(0), &[(x(), half), (x(), half)], at("10")), Err(NavError::Weights));
    let more = [(x(), Fraction::new(1, 1).unwrap()), (Symbol::new("Y").unwrap(), Fraction::new(1, 100).unwrap())];
    assert_eq!(ledger.orders(date(0), &more, at("10")), Err(NavError::Weights));
    ledger.apply(date(0), Withdrawal(usd("200"))).unwrap();
    let orders = ledger.orders(date(0), &[(x(), half)], at("10")).unwrap();
    assert_eq!(orders.len(), 1, "a debt buys nothing; what is short is covered: {orders:?}");
}

/// Every position and every rate that lacks, at once.
#[test]
fn what_lacks_is_listed_whole() {
    let mut rates = Rates::new(USD);
    rates.insert(date(1), EUR, Rate::direct("1.1").unwrap()).unwrap();
    rates.insert(date(1), JPY, Rate::indirect("150").unwrap()).unwrap();
    let mut ledger = Ledger::new(USD, LotMethod::Fifo).with_rates(rates);
    for (name, currency) in [("A", USD), ("B", EUR), ("C", JPY)] {
        let price = currency.per_share(10).unwrap();
        ledger.apply(date(1), Trade::buy(1, Symbol::new(name).unwrap(), price).unwrap()).unwrap();
    }
    let lacks = ledger.nav(date(2), |symbol, _| if symbol.as_str() == "B" { "10".parse().ok() } else { None });
    let lacks = lacks.unwrap_err().to_string();
    assert_eq!(lacks, "on 2026-01-03 there is no price of A, C and no rate of EUR, JPY");
}
