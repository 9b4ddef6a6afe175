//! Properties of a book in columns: what it finds is what one evaluator a portfolio finds.

use chrono::{Days, NaiveDate};
use proptest::prelude::*;

use super::*;
use crate::event::Valuation;

const STOCKS: usize = 7;

fn day(after: u64) -> NaiveDate {
    NaiveDate::from_ymd_opt(2000, 1, 3).unwrap() + Days::new(after)
}

fn symbols() -> Vec<Symbol> {
    ["S0", "S1", "S2", "S3", "S4", "S5", "S6"].map(|ticker| Symbol::new(ticker).unwrap()).to_vec()
}

/// Portfolios of some of the stocks, some of them large.
fn portfolios(most: i64) -> impl Strategy<Value = Vec<Vec<(usize, i64)>>> {
    let quantity = prop_oneof![-1_000..1_000_i64, -most..most].prop_filter("a holding", |quantity| *quantity != 0);
    let holdings = prop::collection::btree_map(0..STOCKS, quantity, 1..=STOCKS);
    prop::collection::vec(holdings.prop_map(|holdings| holdings.into_iter().collect()), 1..6)
}

/// Closes of a few sessions: cents, all eight places, or as dear as can be.
fn sessions() -> impl Strategy<Value = Vec<Vec<Price>>> {
    let price = |unit: i128, most: i128| (1..=most / unit).prop_map(move |n| Price::from_units(n * unit).unwrap());
    let session = prop_oneof![
        prop::collection::vec(price(1_000_000, 100_000_000_000), STOCKS),
        prop::collection::vec(price(1, 100_000_000_000), STOCKS),
        prop::collection::vec(price(1, Price::MAX.units()), STOCKS),
        prop::collection::vec(price(1_000_000, Price::MAX.units()), STOCKS),
    ];
    prop::collection::vec(session, 1..4)
}

fn columns<L: Layout>(portfolios: &[Vec<(usize, i64)>]) -> Result<ColumnBook<L>, ColumnsError> {
    let all = portfolios.iter().flatten();
    let starts = portfolios.iter().scan(0, |end, one| {
        *end += one.len();
        Some(*end)
    });
    ColumnBook::new(
        symbols(),
        std::iter::once(0).chain(starts).collect(),
        all.clone().map(|&(stock, _)| L::number(stock).unwrap()).collect(),
        all.map(|&(_, quantity)| L::narrow(quantity).unwrap()).collect(),
    )
}

/// What the single path says: `Holdings::value` of each session, one after the other.
fn one_by_one(holdings: &Holdings, closes: &[Vec<Price>]) -> Vec<Valuation> {
    let symbols = symbols();
    let mut last = None;
    let value = |(on, prices): (u64, &Vec<Price>)| {
        let place = |symbol: &Symbol| symbols.iter().position(|one| one == symbol).unwrap();
        let held: Vec<Price> = holdings.symbols().iter().map(|symbol| prices[place(symbol)]).collect();
        let valuation = Valuation::after(last, day(on), holdings.value(&held));
        last = Some(valuation.value);
        valuation
    };
    (0..).zip(closes).map(value).collect()
}

fn check<L: Layout>(portfolios: &[Vec<(usize, i64)>], closes: &[Vec<Price>]) -> Result<(), TestCaseError> {
    let symbols = symbols();
    let single: Vec<Holdings> = portfolios
        .iter()
        .map(|lines| Holdings::new(lines.iter().map(|&(stock, quantity)| (symbols[stock], quantity))).unwrap())
        .collect();
    let expected: Vec<Vec<Valuation>> = single.iter().map(|holdings| one_by_one(holdings, closes)).collect();
    let book = columns::<L>(portfolios).unwrap();
    let mut values = Values::new();
    for (on, prices) in (0..).zip(closes) {
        let column: Vec<Option<Price>> = prices.iter().copied().map(Some).collect();
        let before = values.clone();
        book.value(day(on), &column, &mut values).unwrap();
        #[cfg(feature = "parallel")]
        if on == 1 {
            // 1 to 7 threads for 1 to 5 portfolios: some have nothing to do.
            let threads = portfolios[0].len().try_into().unwrap();
            let mut same = before.clone();
            book.value_on(threads, day(on), &column, &mut same).unwrap();
            prop_assert_eq!(&same, &values);
        }
        prop_assert_eq!(book.value(day(on), &column, &mut values), Err(ColumnsError::NotAfter { last: day(on) }));
        prop_assert_eq!(before.session().is_some(), values.changes().is_some());
        for (portfolio, expected) in expected.iter().enumerate() {
            prop_assert_eq!(values.valuation(portfolio), Some(expected[usize::try_from(on).unwrap()]));
        }
    }
    let of_holdings = ColumnBook::<L>::of_holdings(&single).unwrap();
    for (portfolio, lines) in portfolios.iter().enumerate() {
        let named = |book: &ColumnBook<L>| -> Vec<(Symbol, i64)> {
            book.holdings(portfolio).map(|(place, quantity)| (book.symbols()[place], quantity)).collect()
        };
        prop_assert_eq!(named(&of_holdings), named(&book));
        prop_assert_eq!(named(&book).len(), lines.len());
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(10_000))]

    #[test]
    fn a_compact_book_is_its_portfolios(portfolios in portfolios(i64::from(i32::MAX)), closes in sessions()) {
        check::<Compact>(&portfolios, &closes)?;
    }

    #[test]
    fn a_wide_book_is_its_portfolios(portfolios in portfolios(Quantity::MAX), closes in sessions()) {
        check::<Wide>(&portfolios, &closes)?;
    }

    #[test]
    fn all_that_lacks_is_listed_and_nothing_is_touched(
        portfolios in portfolios(1_000), closes in sessions(), there in prop::collection::vec(any::<bool>(), STOCKS),
    ) {
        let book = columns::<Compact>(&portfolios).unwrap();
        let full: Vec<Option<Price>> = closes[0].iter().copied().map(Some).collect();
        let mut values = Values::new();
        book.value(day(0), &full, &mut values).unwrap();
        let before = values.clone();
        let gaps: Vec<Option<Price>> = full.iter().zip(&there).map(|(&close, there)| close.filter(|_| *there)).collect();
        let lacks: Vec<Symbol> = (0..STOCKS)
            .filter(|&stock| !there[stock] && portfolios.iter().flatten().any(|&(held, _)| held == stock))
            .map(|stock| symbols()[stock])
            .collect();
        match book.value(day(1), &gaps, &mut values) {
            Ok(()) => prop_assert!(lacks.is_empty()),
            Err(error) => {
                prop_assert_eq!(error, ColumnsError::Missing { symbols: lacks.into() });
                prop_assert_eq!(values, before);
            }
        }
    }
}

/// The most pieces for which a portfolio is summed in 64 bits, and the fewest for which it is not.
#[test]
fn both_sums_meet_at_the_edge() {
    // In whole units, so that the table counts in them.
    for price in [9_999_999_i64, 87_654_321, i64::from(i32::MAX), i64::from(i32::MAX) + 1, 999_999_999_999] {
        let most = i64::MAX / price;
        for pieces in [most - 1, most, most + 1] {
            let book = columns::<Wide>(&[vec![(0, pieces)], vec![(0, -pieces)]]).unwrap();
            let mut closes = vec![None; STOCKS];
            closes[0] = Price::from_units(i128::from(price) * 100_000_000).ok();
            let mut values = Values::new();
            book.value(day(0), &closes, &mut values).unwrap();
            let expected = i128::from(pieces) * i128::from(price) * 100_000_000;
            assert_eq!(values.values(), [expected, -expected].map(Amount::from_units), "{pieces} at {price}");
        }
    }
}

/// At the limits themselves a book is one.
#[test]
fn the_most_symbols_and_pieces_make_a_book() {
    let symbols = |most: u32| (0..most).map(|n| Symbol::new(&format!("S{n}")).unwrap()).collect::<Vec<Symbol>>();
    let book = ColumnBook::<Compact>::new(symbols(65_536), vec![0, 1], vec![u16::MAX], vec![1]).unwrap();
    assert_eq!(book.holdings(0).collect::<Vec<_>>(), [(65_535, 1)]);
    // 50 · (10¹² − 1) and 50 more.
    let quantities = |last: i64| [vec![-Quantity::MAX; 50], vec![last]].concat();
    let wide =
        |last| ColumnBook::<Wide>::new(symbols(51), vec![0, 51], (0..51).collect(), quantities(last)).map(|_| ());
    assert_eq!(wide(50), Ok(()));
    assert_eq!(wide(51), Err(ColumnsError::TooLarge { portfolio: 0 }));
}

#[test]
fn what_is_no_book_is_refused() {
    let book = |starts: &[usize], stocks: &[u16], quantities: &[i32]| {
        ColumnBook::<Compact>::new(symbols(), starts.to_vec(), stocks.to_vec(), quantities.to_vec()).map(|_| ())
    };
    assert_eq!(book(&[0], &[], &[]), Ok(()), "a book of no portfolio");
    for starts in [&[][..], &[0, 1], &[1, 2], &[0, 2, 1, 2], &[0, 0, 2], &[0, 3]] {
        assert!(matches!(book(starts, &[0, 1], &[5, 5]), Err(ColumnsError::Starts { .. })), "{starts:?}");
    }
    assert_eq!(book(&[0, 2], &[0, 1], &[5]), Err(ColumnsError::LengthsDiffer { stocks: 2, quantities: 1 }));
    assert_eq!(book(&[0, 2], &[0, 7], &[5, 5]), Err(ColumnsError::NoSuchStock { at: 1 }));
    assert_eq!(book(&[0, 2], &[3, 3], &[5, 5]), Err(ColumnsError::Doubled { portfolio: 0, symbol: symbols()[3] }));
    assert_eq!(book(&[0, 1, 2], &[3, 3], &[5, 5]), Ok(()));
    let why = crate::money::MoneyError::Zero;
    assert_eq!(book(&[0, 1], &[3], &[0]), Err(ColumnsError::Quantity { at: 0, why }));
    let twice = vec![symbols()[0]; 2];
    assert_eq!(ColumnBook::<Compact>::new(twice, vec![0], vec![], vec![]), Err(ColumnsError::Symbols { given: 2 }));
    let many: Vec<Symbol> = (0..=65_536).map(|n| Symbol::new(&format!("S{n}")).unwrap()).collect();
    let refused = ColumnBook::<Compact>::new(many.clone(), vec![0], vec![], vec![]);
    assert_eq!(refused, Err(ColumnsError::Symbols { given: 65_537 }));
    assert!(ColumnBook::<Wide>::new(many, vec![0], vec![], vec![]).is_ok());
    let large = Holdings::new([("IBM", 1 << 31)]).unwrap();
    assert_eq!(ColumnBook::<Compact>::of_holdings([&large]), Err(ColumnsError::TooWide { at: 0 }));
    let most: Vec<Symbol> = (0..51).map(|n| Symbol::new(&format!("S{n}")).unwrap()).collect();
    let too_large = ColumnBook::<Wide>::new(most, vec![0, 51], (0..51).collect(), vec![Quantity::MAX; 51]);
    assert_eq!(too_large, Err(ColumnsError::TooLarge { portfolio: 0 }));
    let book = columns::<Wide>(&[vec![(0, 1)]]).unwrap();
    let mut values = Values::new();
    assert_eq!(book.value(day(0), &[], &mut values), Err(ColumnsError::Closes { given: 0, symbols: STOCKS }));
    assert_eq!((values.valuation(0), values.session()), (None, None));
    let closes = vec!["1.00".parse().ok(); STOCKS];
    book.value(day(0), &closes, &mut values).unwrap();
    let larger = columns::<Wide>(&[vec![(0, 1)], vec![(1, 1)]]).unwrap();
    let other = ColumnsError::OtherBook { values: 1, portfolios: 2 };
    assert_eq!(larger.value(day(1), &closes, &mut values), Err(other));
    assert!(size_of::<ColumnsError>() <= 32);
}
