//! Corrections: an entry taken back from a date on, or the past replayed with another one. Both say what they changed.
//!
//! A dated reversal leaves every report of the past as it was made: the difference is booked on its own date. A replay
//! ([`Ledger::insert`], [`Ledger::replace`], [`Ledger::remove`]) makes the past anew. Either is refused, and changes
//! nothing, where a later entry would have been impossible; lots keep their ids in both.

use std::collections::{BTreeMap, HashMap, HashSet};

use chrono::NaiveDate;

use super::books::{At, Books};
use super::entry::Entry;
use super::error::LedgerError;
use super::gain::Gain;
use super::line::{Kind, Line};
use super::{EntryId, Ledger, Record, What, money};
use crate::money::{Currency, Money, Shares};
use crate::rate::{Rate, RateError, Rates};
use crate::symbol::Symbol;

/// What a correction changed, as of the ledger's last date.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Correction {
    /// The entry that was inserted, put in another's place, moved or taken out; of a reversal, its own number; `None` of
    /// an exchange rate.
    pub entry: Option<EntryId>,
    /// Cash before and after, of each currency in which they differ.
    pub cash: Vec<(Money, Money)>,
    /// Positions that differ, in order of the symbols.
    pub positions: Vec<Change>,
    /// Gains that are no more.
    pub gains_gone: Vec<Gain>,
    /// Gains that are new.
    pub gains_new: Vec<Gain>,
}

/// One position before and after a correction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Change {
    /// The stock.
    pub symbol: Symbol,
    /// Shares before and after.
    pub shares: (Shares, Shares),
    /// Cost before and after.
    pub cost: (Money, Money),
}

impl Ledger {
    /// Takes an entry of any date, after those of the same date, and replays all later ones.
    ///
    /// # Errors
    ///
    /// - What [`Ledger::apply`] says of the entry.
    /// - [`LedgerError::Then`] where a later entry becomes impossible.
    /// - [`LedgerError::OutOfOrder`] for a date before a snapshot that the ledger was restored from.
    pub fn insert(&mut self, date: NaiveDate, entry: impl Into<Entry>) -> Result<Correction, LedgerError> {
        let place = self.journal.partition_point(|record| record.date <= date);
        self.insert_at(place, date, entry.into())
    }

    /// Takes an entry right before another one, on its date, and replays all later ones: a split that came to be known after
    /// the trades of its day.
    ///
    /// # Errors
    ///
    /// - [`LedgerError::NoEntry`] where there is none of this number.
    /// - What [`Ledger::apply`] says of the entry; [`LedgerError::Then`] where a later one becomes impossible.
    pub fn insert_before(&mut self, entry: EntryId, new: impl Into<Entry>) -> Result<Correction, LedgerError> {
        let place = self.place_of(entry)?;
        self.insert_at(place, self.journal[place].date, new.into())
    }

    /// Puts an entry in the place of another, on its date and under its number, and replays all later ones.
    ///
    /// # Errors
    ///
    /// - [`LedgerError::NoEntry`] where there is none of this number.
    /// - What [`Ledger::apply`] says of the entry; [`LedgerError::Then`] where a later one becomes impossible.
    pub fn replace(&mut self, entry: EntryId, by: impl Into<Entry>) -> Result<Correction, LedgerError> {
        let place = self.place_of(entry)?;
        let mut journal = self.journal.clone();
        journal[place].what = What::Entry(by.into());
        self.replay(Some(entry), journal)
    }

    /// Moves an entry to another date, after those of that date, and replays all later ones.
    ///
    /// # Errors
    ///
    /// - [`LedgerError::NoEntry`] where there is none of this number.
    /// - What [`Ledger::apply`] says of the entry; [`LedgerError::Then`] where a later one becomes impossible.
    pub fn redate(&mut self, entry: EntryId, date: NaiveDate) -> Result<Correction, LedgerError> {
        let place = self.place_of(entry)?;
        let mut journal = self.journal.clone();
        let record = journal.remove(place);
        let place = journal.partition_point(|record| record.date <= date);
        journal.insert(place, Record { date, ..record });
        self.replay(Some(entry), journal)
    }

    /// Takes up the exchange rate of a date; where entries have passed it, they are replayed.
    ///
    /// # Errors
    ///
    /// - [`LedgerError::Rate`] where another one is known ([`Ledger::replace_rate`]), and for the home currency.
    /// - [`LedgerError::Then`] where an entry becomes impossible.
    /// - [`LedgerError::RateBeforeSnapshot`] where what can't be replayed may have used it.
    pub fn insert_rate(&mut self, date: NaiveDate, currency: Currency, rate: Rate) -> Result<Correction, LedgerError> {
        self.with_rate(date, currency, |rates| rates.insert(date, currency, rate))
    }

    /// Puts an exchange rate in the place of the one that is known of a date, or takes it up; entries are replayed.
    ///
    /// # Errors
    ///
    /// - As of [`Ledger::insert_rate`], but that another one is known.
    pub fn replace_rate(&mut self, date: NaiveDate, currency: Currency, rate: Rate) -> Result<Correction, LedgerError> {
        self.with_rate(date, currency, |rates| rates.replace(date, currency, rate))
    }

    fn with_rate(
        &mut self,
        date: NaiveDate,
        currency: Currency,
        change: impl FnOnce(&mut Rates) -> Result<(), RateError>,
    ) -> Result<Correction, LedgerError> {
        // What has used a rate has left a line in its currency.
        let used = |books: &Books| {
            let lines = books.lines.iter().rev().take_while(|line| line.date >= date);
            lines.filter(|line| line.currency == currency).map(|line| line.date).max()
        };
        if let Some(last) = used(&self.opening) {
            return Err(LedgerError::RateBeforeSnapshot { last });
        }
        if used(&self.books).is_none() {
            change(&mut self.rules.rates)?;
            return Ok(Correction::default());
        }
        let before = self.rules.rates.clone();
        change(&mut self.rules.rates)?;
        self.replay(None, self.journal.clone()).inspect_err(|_| self.rules.rates = before)
    }

    /// Takes an entry out as if it had never been, and replays all later ones.
    ///
    /// # Errors
    ///
    /// - [`LedgerError::NoEntry`] where there is none of this number.
    /// - [`LedgerError::Then`] where a later one becomes impossible.
    pub fn remove(&mut self, entry: EntryId) -> Result<Correction, LedgerError> {
        let place = self.place_of(entry)?;
        let mut journal = self.journal.clone();
        journal.remove(place);
        self.replay(Some(entry), journal)
    }

    /// Takes an entry back from a date on, which is that of the last entry or later.
    ///
    /// From then on lots, cash and gains are as if it had never been; the difference is booked on this date, and all
    /// before it stays as it was reported. A reversal may be reversed.
    ///
    /// # Errors
    ///
    /// - [`LedgerError::NoEntry`], [`LedgerError::Reversed`], [`LedgerError::OutOfOrder`].
    /// - [`LedgerError::Then`] where a later entry is impossible without it.
    pub fn reverse(&mut self, date: NaiveDate, entry: EntryId) -> Result<Correction, LedgerError> {
        let id = EntryId(self.next);
        let mut journal = self.journal.clone();
        journal.push(Record { id, date, what: What::Reversal(entry) });
        let mut books = self.books.clone();
        self.reverse_in(&mut books, &journal)?;
        let correction = self.accept(Some(id), journal, books);
        self.next += 1;
        Ok(correction)
    }

    /// Returns where an entry stands in the journal.
    fn place_of(&self, entry: EntryId) -> Result<usize, LedgerError> {
        self.journal.iter().position(|record| record.id == entry).ok_or(LedgerError::NoEntry { entry })
    }

    /// Takes a new entry at a place of the journal, and replays all later ones.
    fn insert_at(&mut self, place: usize, date: NaiveDate, entry: Entry) -> Result<Correction, LedgerError> {
        let id = EntryId(self.next);
        let mut journal = self.journal.clone();
        journal.insert(place, Record { id, date, what: What::Entry(entry) });
        let correction = self.replay(Some(id), journal)?;
        self.next += 1;
        Ok(correction)
    }

    /// Makes the books anew of another journal.
    pub(super) fn replay(&mut self, entry: Option<EntryId>, journal: Vec<Record>) -> Result<Correction, LedgerError> {
        let mut books = self.opening.clone();
        for (place, record) in journal.iter().enumerate() {
            let taken = match &record.what {
                What::Entry(taken) => books.post(At { rules: &self.rules, entry: record.id, date: record.date }, taken),
                What::Reversal(_) => self.reverse_in(&mut books, &journal[..=place]),
            };
            taken.map_err(|why| if Some(record.id) == entry { why } else { then(record.id, why) })?;
        }
        Ok(self.accept(entry, journal, books))
    }

    /// Books the last record of a journal, a reversal: the difference of two replays, without what was taken back until
    /// then and without this entry too. The first of them comes to the books as they are.
    fn reverse_in(&self, books: &mut Books, journal: &[Record]) -> Result<(), LedgerError> {
        let Some((Record { id, date, what: What::Reversal(entry) }, earlier)) = journal.split_last() else {
            unreachable!("the last record is a reversal");
        };
        if let Some(last) = books.last.filter(|last| date < last) {
            return Err(LedgerError::OutOfOrder { last });
        }
        if !earlier.iter().any(|record| record.id == *entry) {
            return Err(LedgerError::NoEntry { entry: *entry });
        }
        let [before, after] = [reversed(earlier), reversed(journal)];
        if before.contains(entry) {
            return Err(LedgerError::Reversed { entry: *entry });
        }
        let [before, after] = [self.without(earlier, &before)?, self.without(earlier, &after)?];
        for line in difference(&before.lines, &after.lines, *id, *date)? {
            books.book(line);
        }
        let (gone, new) = gains_between(&before.gains, &after.gains);
        books.gains.extend(gone.iter().map(|gain| gain.reversed(*id, *date)));
        books.gains.extend(new.iter().map(|gain| Gain { entry: *id, closed: *date, ..*gain }));
        books.positions = after.positions;
        books.last = Some(*date);
        Ok(())
    }

    /// Returns the books of a journal without these entries, and without reversals.
    fn without(&self, journal: &[Record], left_out: &HashSet<EntryId>) -> Result<Books, LedgerError> {
        let mut books = self.opening.clone();
        for record in journal.iter().filter(|record| !left_out.contains(&record.id)) {
            if let What::Entry(entry) = &record.what {
                let at = At { rules: &self.rules, entry: record.id, date: record.date };
                books.post(at, entry).map_err(|why| then(record.id, why))?;
            }
        }
        Ok(books)
    }

    /// Takes up the corrected books, and says what they change.
    fn accept(&mut self, entry: Option<EntryId>, journal: Vec<Record>, books: Books) -> Correction {
        let before = std::mem::replace(&mut self.books, books);
        self.journal = journal;
        let after = &self.books;
        let cash_of = |books: &Books, currency: Currency| money(books.cash.of(currency), currency);
        let mut currencies: Vec<Currency> =
            before.cash.iter().chain(after.cash.iter()).map(|(currency, _)| currency).collect();
        currencies.sort_unstable();
        currencies.dedup();
        let cash = currencies.into_iter().map(|currency| (cash_of(&before, currency), cash_of(after, currency)));
        let cash = cash.filter(|(before, after)| before != after).collect();
        let mut symbols: Vec<Symbol> = before.positions.keys().chain(after.positions.keys()).copied().collect();
        symbols.sort_unstable();
        symbols.dedup();
        symbols.retain(|symbol| before.positions.get(symbol) != after.positions.get(symbol));
        let positions = symbols.into_iter().map(|symbol| {
            let [before, after] = [&before, after].map(|books| books.positions.get(&symbol));
            let currency = before.or(after).map_or(self.rules.rates.home(), |lots| lots.currency);
            let [(shares_before, cost_before), (shares_after, cost_after)] = [before, after].map(|lots| {
                let (shares, cost) =
                    lots.map_or((0, money(0, currency)), |lots| (lots.shares, money(lots.cost, lots.currency)));
                (super::shares(shares), cost)
            });
            Change { symbol, shares: (shares_before, shares_after), cost: (cost_before, cost_after) }
        });
        let positions = positions.collect();
        let (gains_gone, gains_new) = gains_between(&before.gains, &after.gains);
        Correction { entry, cash, positions, gains_gone, gains_new }
    }
}

fn then(entry: EntryId, why: LedgerError) -> LedgerError {
    LedgerError::Then { entry, why: Box::new(why) }
}

/// Returns the entries that a journal's reversals take back, with those reversals that are taken back themselves.
pub(super) fn reversed(journal: &[Record]) -> HashSet<EntryId> {
    let mut reversed = HashSet::new();
    // A reversal counts unless a later one takes it back.
    for record in journal.iter().rev() {
        if let What::Reversal(entry) = record.what
            && !reversed.contains(&record.id)
        {
            reversed.insert(entry);
        }
    }
    reversed
}

/// Returns the lines that lead from one set of sums to another, on a date.
fn difference(before: &[Line], after: &[Line], entry: EntryId, date: NaiveDate) -> Result<Vec<Line>, LedgerError> {
    let mut sums: BTreeMap<(Kind, Option<Symbol>, Currency), [i128; 6]> = BTreeMap::new();
    for (lines, sign) in [(before, -1), (after, 1)] {
        for line in lines {
            let sums = sums.entry((line.kind, line.symbol, line.currency)).or_default();
            let terms = [line.shares, line.cash, line.cost, line.home_cash, line.home_cost, line.currency_effect];
            sums.iter_mut().zip(terms).for_each(|(sum, term)| *sum += sign * i128::from(term));
        }
    }
    let changed = sums.into_iter().filter(|(_, sums)| sums.iter().any(|&sum| sum != 0));
    changed
        .map(|((kind, symbol, currency), sums)| {
            let [shares, cash, cost, home_cash, home_cost, currency_effect] = sums.map(super::books::small);
            let line = Line::new(entry, date, kind, symbol, currency);
            let (shares, cash, cost) = (shares?, cash?, cost?);
            Ok(Line {
                shares,
                cash,
                cost,
                home_cash: home_cash?,
                home_cost: home_cost?,
                currency_effect: currency_effect?,
                ..line
            })
        })
        .collect()
}

/// Returns the gains that are only among the first, and those that are only among the second, each in their order.
fn gains_between(before: &[Gain], after: &[Gain]) -> (Vec<Gain>, Vec<Gain>) {
    let only = |these: &[Gain], those: &[Gain]| {
        let mut count: HashMap<&Gain, usize> = HashMap::new();
        for gain in those {
            *count.entry(gain).or_default() += 1;
        }
        let alone = these.iter().filter(|gain| match count.get_mut(gain) {
            Some(left) if *left > 0 => {
                *left -= 1;
                false
            }
            _ => true,
        });
        alone.copied().collect()
    };
    (only(before, after), only(after, before))
}
