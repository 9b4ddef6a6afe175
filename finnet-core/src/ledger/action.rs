//! What is done to shares without a trade: dividends, splits, spin-offs, mergers, new names, capital paid back, the end.
//!
//! An action is worked out whole in a [`Draft`] of the positions that it changes; the books take the draft or none of it.

use super::books::{At, Books, of, positive, small};
use super::entry::{Delisting, Dividend, Entry, Fraction, Fractions, Merger, Rename, ReturnOfCapital, SpinOff, Split};
use super::error::LedgerError;
use super::gain::Gain;
use super::line::{Kind, Line};
use super::lot::{Apportion, Lot, LotId, LotMethod, Lots, Pick, part_of};
use crate::money::{PLACES, PerShare, Shares};
use crate::symbol::Symbol;

/// What an action is going to change.
struct Draft<'a> {
    at: At<'a>,
    books: &'a Books,
    lines: Vec<Line>,
    gains: Vec<Gain>,
    /// The positions that it changes, as they are after it; empty ones end.
    positions: Vec<(Symbol, Lots)>,
}

/// Shares for shares: `new` for each `old`.
#[derive(Clone, Copy)]
struct Ratio {
    new: i128,
    old: i128,
}

impl Books {
    /// Takes a share action.
    pub(super) fn act(&mut self, at: At<'_>, entry: &Entry) -> Result<(), LedgerError> {
        let mut draft = Draft { at, books: self, lines: Vec::new(), gains: Vec::new(), positions: Vec::new() };
        match entry {
            Entry::Dividend(entry) => draft.dividend(entry)?,
            Entry::Split(entry) => draft.split(entry)?,
            Entry::StockDividend(entry) => {
                let (new, old) = (entry.per.checked_add(entry.new).ok_or(LedgerError::TooLarge)?, entry.per);
                if entry.new == 0 {
                    return Err(LedgerError::Ratio);
                }
                draft.split(&Split { symbol: entry.symbol, new, old, fractions: entry.fractions })?;
            }
            Entry::SpinOff(entry) => draft.spin_off(entry)?,
            Entry::Merger(entry) => draft.merge(entry)?,
            Entry::Rename(entry) => draft.rename(entry)?,
            Entry::ReturnOfCapital(entry) => draft.return_capital(entry)?,
            Entry::Delisting(entry) => draft.delist(entry)?,
            _ => unreachable!("`post` takes what is no share action"),
        }
        let Draft { lines, gains, positions, .. } = draft;
        self.cash.check(at.rules.overdraft, &lines)?;
        for line in lines {
            self.book(line);
        }
        self.gains.extend(gains);
        for (symbol, lots) in positions {
            if lots.open.is_empty() {
                self.positions.remove(&symbol);
            } else {
                self.positions.insert(symbol, lots);
            }
        }
        Ok(())
    }
}

impl<'a> Draft<'a> {
    fn dividend(&mut self, entry: &Dividend) -> Result<(), LedgerError> {
        let settles = entry.pays.unwrap_or(self.at.date);
        if settles < self.at.date {
            return Err(LedgerError::SettlesBefore { settles });
        }
        let lots = self.held(entry.symbol)?;
        let cash = self.at.rules.value(lots.shares, paid(lots, entry.per_share)?)?;
        let mut lines = vec![(Kind::Dividend, cash)];
        if let Some(withheld) = entry.withheld {
            let withheld = positive(of(lots.currency, withheld)?)?;
            if withheld > cash {
                return Err(LedgerError::Withheld);
            }
            lines.push((Kind::Tax, -withheld));
        }
        for (kind, cash) in lines {
            let home_cash = self.at.rules.home(cash, lots.currency, self.at.date)?;
            self.lines.push(Line { settles, cash, home_cash, ..self.line(kind, entry.symbol, lots) });
        }
        Ok(())
    }

    fn split(&mut self, entry: &Split) -> Result<(), LedgerError> {
        let lots = self.held(entry.symbol)?;
        let ratio = Ratio::new(entry.new, entry.old)?;
        let mut after = self.scaled(entry.symbol, lots, ratio)?;
        let gone = self.lines.iter().map(|line| line.shares).sum::<i64>();
        let shares = after.shares - lots.shares - gone;
        self.lines.push(Line { shares, ..self.line(Kind::Transfer, entry.symbol, lots) });
        self.pay_in_lieu(entry.symbol, &mut after, (lots.shares, ratio), entry.fractions)?;
        self.positions.push((entry.symbol, after));
        Ok(())
    }

    fn spin_off(&mut self, entry: &SpinOff) -> Result<(), LedgerError> {
        if entry.parent == entry.child {
            return Err(LedgerError::Same);
        }
        let (at, lots, ratio) = (self.at, self.held(entry.parent)?, Ratio::new(entry.new, entry.per)?);
        let [mut parent, mut child] = [Lots::new(lots.currency), Lots::new(lots.currency)];
        let (mut received, mut place) = (Scaled::new(ratio, at), 0);
        for lot in &lots.open {
            let shares = received.next(lot.shares)?;
            let mut rest = *lot;
            if shares != 0 {
                let part = |total: i64| entry.cost.of(total, at);
                let (cost, home_cost) = (part(lot.cost), part(lot.home_cost));
                let id = LotId { entry: at.entry, place };
                place += 1;
                rest = Lot { cost: lot.cost - cost, home_cost: lot.home_cost - home_cost, ..rest };
                // Never pooled here: the fractions are paid out of the lots as they come.
                child.add(Lot { id, shares, cost, home_cost, ..*lot }, LotMethod::Fifo);
            }
            parent.add(rest, LotMethod::Fifo);
        }
        self.transfer(entry.parent, lots, &parent);
        self.transfer(entry.child, &Lots::new(lots.currency), &child);
        self.pay_in_lieu(entry.child, &mut child, (lots.shares, ratio), entry.fractions)?;
        self.positions.push((entry.parent, parent));
        self.join(entry.child, &child, lots)
    }

    fn merge(&mut self, entry: &Merger) -> Result<(), LedgerError> {
        let at = self.at;
        if entry.from == entry.into {
            return Err(LedgerError::Same);
        }
        if entry.old == 0 || entry.new == 0 && entry.cash.is_none() {
            return Err(LedgerError::Ratio);
        }
        let mut lots = self.held(entry.from)?.clone();
        if let Some((per_share, cost)) = entry.cash {
            let cost = if entry.new == 0 { Fraction::whole() } else { cost };
            let cash = at.rules.value(lots.shares, paid(&lots, per_share)?)?;
            let picks: Vec<Pick> =
                lots.open.iter().enumerate().map(|(index, lot)| lot.share(index, cost, at)).collect();
            let mut line = at.close(entry.from, &lots, &picks, cash, &mut self.gains)?;
            if entry.new == 0 {
                self.lines.push(line);
                self.positions.push((entry.from, Lots::new(lots.currency)));
                return Ok(());
            }
            // The shares go over below.
            line.shares = 0;
            self.lines.push(line);
            let rest: Vec<Pick> = picks.iter().map(|pick| Pick { shares: 0, ..*pick }).collect();
            lots.remove(&rest);
        }
        let ratio = Ratio::new(entry.new, entry.old)?;
        let before = self.lines.len();
        let mut arriving = self.scaled(entry.from, &lots, ratio)?;
        let mut staying = lots.clone();
        for line in &self.lines[before..] {
            staying.shares += line.shares;
            staying.cost += line.cost;
            staying.home_cost += line.home_cost;
        }
        self.transfer(entry.from, &staying, &Lots::new(lots.currency));
        self.transfer(entry.into, &Lots::new(lots.currency), &arriving);
        self.pay_in_lieu(entry.into, &mut arriving, (lots.shares, ratio), entry.fractions)?;
        self.positions.push((entry.from, Lots::new(lots.currency)));
        self.join(entry.into, &arriving, &lots)
    }

    fn rename(&mut self, entry: &Rename) -> Result<(), LedgerError> {
        if entry.from == entry.to {
            return Err(LedgerError::Same);
        }
        let lots = self.held(entry.from)?;
        let none = Lots::new(lots.currency);
        self.transfer(entry.from, lots, &none);
        self.transfer(entry.to, &none, lots);
        self.positions.push((entry.from, none));
        self.join(entry.to, lots, lots)
    }

    fn return_capital(&mut self, entry: &ReturnOfCapital) -> Result<(), LedgerError> {
        let (at, mut lots) = (self.at, self.held(entry.symbol)?.clone());
        let total = at.rules.value(lots.shares, paid(&lots, entry.per_share)?)?;
        let home_cash = at.rules.home(total, lots.currency, at.date)?;
        let mut line = Line { cash: total, home_cash, ..self.line(Kind::Trade, entry.symbol, &lots) };
        let [mut parts, mut home_parts] =
            [total, home_cash].map(|total| Apportion::new(total, lots.shares, at.rules.rounding));
        let mut picks = Vec::with_capacity(lots.open.len());
        for (index, lot) in lots.open.iter().enumerate() {
            let (proceeds, home_proceeds) = (parts.next(lot.shares), home_parts.next(lot.shares));
            let (cost, home_cost) = if proceeds.abs() >= lot.cost.abs() {
                (lot.cost, lot.home_cost)
            } else {
                (proceeds, part_of(lot.home_cost, proceeds, lot.cost, at.rules.rounding))
            };
            let gain = at.gain(entry.symbol, lots.currency);
            let gain = Gain { lot: lot.id, opened: lot.opened, proceeds, home_proceeds, ..gain };
            let gain = at.charge(gain, cost, home_cost, &mut line)?;
            if proceeds != cost || home_proceeds != home_cost || gain.currency_effect != 0 {
                self.gains.push(gain);
            }
            picks.push(Pick { index, shares: 0, cost, home_cost });
        }
        lots.remove(&picks);
        self.lines.push(line);
        self.positions.push((entry.symbol, lots));
        Ok(())
    }

    fn delist(&mut self, entry: &Delisting) -> Result<(), LedgerError> {
        let lots = self.held(entry.symbol)?;
        let proceeds = match entry.per_share {
            Some(per_share) => self.at.rules.value(lots.shares, paid(lots, per_share)?)?,
            None => 0,
        };
        let picks: Vec<Pick> = lots.open.iter().enumerate().map(|(index, lot)| lot.whole(index)).collect();
        let line = self.at.close(entry.symbol, lots, &picks, proceeds, &mut self.gains)?;
        self.lines.push(line);
        self.positions.push((entry.symbol, Lots::new(lots.currency)));
        Ok(())
    }

    /// Returns what is held of a stock.
    fn held(&self, symbol: Symbol) -> Result<&'a Lots, LedgerError> {
        self.books.positions.get(&symbol).ok_or(LedgerError::NotHeld { symbol })
    }

    fn line(&self, kind: Kind, symbol: Symbol, lots: &Lots) -> Line {
        Line::new(self.at.entry, self.at.date, kind, Some(symbol), lots.currency)
    }

    /// Notes how shares and cost of a stock change without cash.
    fn transfer(&mut self, symbol: Symbol, before: &Lots, after: &Lots) {
        let shares = after.shares - before.shares;
        let (cost, home_cost) = (after.cost - before.cost, after.home_cost - before.home_cost);
        self.lines.push(Line { shares, cost, home_cost, ..self.line(Kind::Transfer, symbol, before) });
    }

    /// Returns the lots with `new` shares for each `old`, at the same cost; a lot that comes to no share at all, not
    /// even a millionth, is closed for nothing.
    fn scaled(&mut self, symbol: Symbol, lots: &Lots, ratio: Ratio) -> Result<Lots, LedgerError> {
        let (mut after, mut scaled) = (Lots::new(lots.currency), Scaled::new(ratio, self.at));
        for (index, lot) in lots.open.iter().enumerate() {
            let shares = scaled.next(lot.shares)?;
            if shares == 0 {
                let line = self.at.close(symbol, lots, &[lot.whole(index)], 0, &mut self.gains)?;
                self.lines.push(line);
            } else {
                after.add(Lot { shares, ..*lot }, LotMethod::Fifo);
            }
        }
        Ok(after)
    }

    /// Pays out what `before` shares leave beyond whole ones at a ratio, where it is to be paid.
    fn pay_in_lieu(
        &mut self,
        symbol: Symbol,
        lots: &mut Lots,
        (before, ratio): (i64, Ratio),
        fractions: Fractions,
    ) -> Result<(), LedgerError> {
        let Fractions::InLieu(per_share) = fractions else { return Ok(()) };
        let rules = self.at.rules;
        let price = paid(lots, per_share)?.price.units();
        // In parts of 1/old of a millionth, exact.
        let exact = i128::from(before) * ratio.new;
        let share = ratio.old * i128::from(Shares::ONE);
        let whole = exact / share * i128::from(Shares::ONE);
        let fraction = small(i128::from(lots.shares) - whole)?;
        if fraction == 0 {
            return Ok(());
        }
        // Less than one share, of 10⁶ · 2³² parts, at a price below 10²⁰.
        let units = 10_i128.pow(Shares::PLACES + PLACES - lots.currency.places());
        let proceeds = small(rules.rounding.divide(exact % share * price, ratio.old * units))?;
        let mut picks = Vec::new();
        lots.pick(fraction, rules.method, rules.rounding, &mut picks);
        let line = self.at.close(symbol, lots, &picks, proceeds, &mut self.gains)?;
        self.lines.push(line);
        lots.remove(&picks);
        Ok(())
    }

    /// Adds lots that arrive, for those given, to what is held of a stock on the same side, though none may be left.
    fn join(&mut self, symbol: Symbol, arriving: &Lots, given: &Lots) -> Result<(), LedgerError> {
        let mut lots = match self.books.positions.get(&symbol) {
            Some(lots) if lots.currency != arriving.currency => {
                return Err(LedgerError::Currencies { expected: lots.currency, found: arriving.currency });
            }
            Some(lots) if lots.shares.signum() != given.shares.signum() => {
                return Err(if lots.shares > 0 {
                    LedgerError::IsLong { symbol }
                } else {
                    LedgerError::IsShort { symbol }
                });
            }
            Some(lots) => lots.clone(),
            None => Lots::new(arriving.currency),
        };
        for &lot in &arriving.open {
            lots.check_room(&lot)?;
            lots.add(lot, self.at.rules.method);
        }
        self.positions.push((symbol, lots));
        Ok(())
    }
}

impl Ratio {
    fn new(new: u32, old: u32) -> Result<Self, LedgerError> {
        if new == 0 || old == 0 { Err(LedgerError::Ratio) } else { Ok(Self { new: new.into(), old: old.into() }) }
    }
}

/// Shares of lots in turn at a ratio: each is the difference of two rounded running sums.
struct Scaled<'a> {
    ratio: Ratio,
    at: At<'a>,
    before: i128,
    after: i128,
}

impl<'a> Scaled<'a> {
    fn new(ratio: Ratio, at: At<'a>) -> Self {
        Self { ratio, at, before: 0, after: 0 }
    }

    fn next(&mut self, shares: i64) -> Result<i64, LedgerError> {
        self.before += i128::from(shares);
        let after = self.at.rules.rounding.divide(self.before * self.ratio.new, self.ratio.old);
        let next = after - self.after;
        self.after = after;
        small(after)?;
        small(next)
    }
}

impl Fraction {
    fn of(self, total: i64, at: At<'_>) -> i64 {
        let part = at.rules.rounding.divide(i128::from(total) * self.numerator(), self.denominator());
        i64::try_from(part).expect("a fraction is at most 1")
    }
}

impl Lot {
    /// Returns all of it.
    fn whole(&self, index: usize) -> Pick {
        Pick { index, shares: self.shares, cost: self.cost, home_cost: self.home_cost }
    }

    /// Returns all of its shares with a fraction of the cost.
    fn share(&self, index: usize, cost: Fraction, at: At<'_>) -> Pick {
        Pick { cost: cost.of(self.cost, at), home_cost: cost.of(self.home_cost, at), ..self.whole(index) }
    }
}

/// Returns what is paid a share, where it is in the position's currency.
fn paid(lots: &Lots, per_share: PerShare) -> Result<PerShare, LedgerError> {
    let (expected, found) = (lots.currency, per_share.currency);
    if expected == found { Ok(per_share) } else { Err(LedgerError::Currencies { expected, found }) }
}
