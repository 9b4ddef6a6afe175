//! What happens to an account: the entries that a [`Ledger`](super::Ledger) takes.
//!
//! Amounts and shares are above 0 and the entry's name says the direction; only [`Interest`] may be of either sign. An
//! entry knows nothing of what is held: whether it is possible is the ledger's answer.

use std::fmt;
use std::str::FromStr;

use chrono::NaiveDate;

use super::lot::LotId;
use crate::money::{Excess, Money, MoneyError, PerShare, Shares, parse};
use crate::symbol::Symbol;

/// Cash that the owner pays in: an external flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Deposit(pub Money);

/// Cash that the owner takes out: an external flow.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Withdrawal(pub Money);

/// Interest on cash: above 0 earned, below 0 paid on a loan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Interest(pub Money);

/// A fee outside any lot's cost: custody, data, a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Fee {
    /// What is paid.
    pub amount: Money,
    /// The stock that it is for; `None` for the account as a whole.
    pub symbol: Option<Symbol>,
}

/// A tax outside any lot's cost. What is withheld from a dividend stands at the [`Dividend`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Tax {
    /// What is paid.
    pub amount: Money,
    /// The stock that it is for; `None` for the account as a whole.
    pub symbol: Option<Symbol>,
}

/// What the lender of shorted shares is paid.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct BorrowFee {
    /// What is paid.
    pub amount: Money,
    /// The stock that was borrowed.
    pub symbol: Symbol,
}

/// Cash of one currency given for cash of another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Exchange {
    /// What is paid.
    pub give: Money,
    /// What is received.
    pub get: Money,
}

/// What a trade does to a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Side {
    /// Opens or adds to a long position.
    Buy,
    /// Closes part or all of a long position.
    Sell,
    /// Opens or adds to a short position.
    Short,
    /// Closes part or all of a short position.
    Cover,
}

/// A purchase or sale at a price a share. It counts from its trade date on; the cash is there when it settles.
///
/// # Examples
///
/// ```
/// use finnet_core::Symbol;
/// use finnet_core::ledger::Trade;
/// use finnet_core::money::USD;
///
/// let trade = Trade::buy(100, Symbol::new("AAPL")?, USD.per_share("151.60")?)?.fee(USD.of(1)?);
/// assert!(Trade::sell(0, trade.symbol, trade.price).is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Trade {
    /// Buy, sell, short or cover.
    pub side: Side,
    /// The stock.
    pub symbol: Symbol,
    /// How many shares, above 0.
    pub shares: Shares,
    /// The price of one, in the currency of its cash.
    pub price: PerShare,
    /// Commission, stamp duty and the like, in the same currency: part of a purchase's cost, taken off a sale's proceeds.
    pub fee: Option<Money>,
    /// The date on which cash and shares change hands; `None` for the trade date.
    pub settles: Option<NaiveDate>,
    /// The lots that are sold, and how many shares of each, in this order; empty for the ledger's own method.
    pub lots: Box<[(LotId, Shares)]>,
}

macro_rules! trades {
    ($($(#[$doc:meta])* $name:ident $side:ident;)*) => {
        $(
            $(#[$doc])*
            ///
            /// # Errors
            ///
            /// - [`MoneyError::NotAboveZero`] and [`MoneyError::TooLarge`] of the shares, which are above 0.
            /// - [`MoneyError::NotANumber`], [`MoneyError::TooPrecise`] of a text.
            pub fn $name<S>(shares: S, symbol: Symbol, price: PerShare) -> Result<Self, MoneyError>
            where
                S: TryInto<Shares>,
                MoneyError: From<S::Error>,
            {
                Self::new(Side::$side, shares.try_into()?, symbol, price)
            }
        )*
    };
}

impl Trade {
    trades! {
        /// Returns a purchase of this many shares, for a long position.
        buy Buy;
        /// Returns a sale of shares that are held.
        sell Sell;
        /// Returns a sale of borrowed shares, for a short position.
        short Short;
        /// Returns a purchase that closes shorted shares.
        cover Cover;
    }

    fn new(side: Side, shares: Shares, symbol: Symbol, price: PerShare) -> Result<Self, MoneyError> {
        if shares.millionths() <= 0 {
            return Err(MoneyError::NotAboveZero);
        }
        Ok(Self { side, symbol, shares, price, fee: None, settles: None, lots: Box::default() })
    }

    /// Returns this trade with a fee.
    #[must_use]
    pub fn fee(mut self, fee: Money) -> Self {
        self.fee = Some(fee);
        self
    }

    /// Returns this trade, settled on a date.
    #[must_use]
    pub fn settles(mut self, date: NaiveDate) -> Self {
        self.settles = Some(date);
        self
    }

    /// Returns this sale, of these shares of a lot and of no others but those named likewise.
    #[must_use]
    pub fn of_lot(mut self, lot: LotId, shares: Shares) -> Self {
        let mut lots = self.lots.into_vec();
        lots.push((lot, shares));
        self.lots = lots.into();
        self
    }
}

impl fmt::Display for Trade {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let side = match self.side {
            Side::Buy => "buy",
            Side::Sell => "sell",
            Side::Short => "short",
            Side::Cover => "cover",
        };
        write!(f, "{side} {} {} at {}", self.shares, self.symbol, self.price)
    }
}

/// Cash paid on each share held at the ex-date, which is the entry's date; a short position pays it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Dividend {
    /// The stock.
    pub symbol: Symbol,
    /// Before any tax.
    pub per_share: PerShare,
    /// The tax withheld at the source, in the same currency.
    pub withheld: Option<Money>,
    /// The payment date; `None` for the ex-date.
    pub pays: Option<NaiveDate>,
}

impl Dividend {
    /// Returns a dividend without tax, paid on its ex-date.
    pub fn new(symbol: Symbol, per_share: PerShare) -> Self {
        Self { symbol, per_share, withheld: None, pays: None }
    }

    /// Returns this dividend with tax withheld at the source.
    #[must_use]
    pub fn withheld(mut self, tax: Money) -> Self {
        self.withheld = Some(tax);
        self
    }

    /// Returns this dividend, paid on a date.
    #[must_use]
    pub fn pays(mut self, date: NaiveDate) -> Self {
        self.pays = Some(date);
        self
    }
}

/// What becomes of the fractions of a share that an exchange of shares leaves in a position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub enum Fractions {
    /// They are kept, to the millionth.
    Keep,
    /// They are paid out at this price of one new share, as a sale of them.
    InLieu(PerShare),
}

/// A split: each `old` shares become `new` ones; a reverse split where `new` is less. The cost stays.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Split {
    /// The stock.
    pub symbol: Symbol,
    /// Shares after.
    pub new: u32,
    /// Shares before.
    pub old: u32,
    /// What becomes of fractions.
    pub fractions: Fractions,
}

/// A dividend paid in shares of the stock itself: `new` ones for each `per` held. The cost spreads over all.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct StockDividend {
    /// The stock.
    pub symbol: Symbol,
    /// Shares received.
    pub new: u32,
    /// For how many held.
    pub per: u32,
    /// What becomes of fractions.
    pub fractions: Fractions,
}

/// Shares of another company received for those held: `new` of the child for each `per` of the parent. They take a
/// part of the parent's cost along, and its lots' dates.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct SpinOff {
    /// The stock that is held.
    pub parent: Symbol,
    /// The stock that is received.
    pub child: Symbol,
    /// Shares of the child.
    pub new: u32,
    /// For how many of the parent.
    pub per: u32,
    /// The part of the cost that goes to the child, as companies publish it (in the United States on form 8937).
    pub cost: Fraction,
    /// What becomes of fractions of the child.
    pub fractions: Fractions,
}

/// One stock taken over by another, for its shares, for cash, or for both.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Merger {
    /// The stock that ends.
    pub from: Symbol,
    /// The stock that is received.
    pub into: Symbol,
    /// Shares received; 0 where all is paid in cash.
    pub new: u32,
    /// For how many given.
    pub old: u32,
    /// Cash for each share given, and the part of the cost that is set against it.
    pub cash: Option<(PerShare, Fraction)>,
    /// What becomes of fractions.
    pub fractions: Fractions,
}

/// A new name of a stock: its lots go over as they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Rename {
    /// The name until now.
    pub from: Symbol,
    /// The name from now on.
    pub to: Symbol,
}

/// Capital paid back on each share: it lessens the lots' cost, and is a gain beyond it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ReturnOfCapital {
    /// The stock.
    pub symbol: Symbol,
    /// Paid on each share.
    pub per_share: PerShare,
}

/// The end of a stock: all lots are closed, at a last price or for nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Delisting {
    /// The stock.
    pub symbol: Symbol,
    /// Paid on each share; `None` for worthless.
    pub per_share: Option<PerShare>,
}

/// A part of a whole: from 0 to 1, exact.
///
/// # Examples
///
/// ```
/// use finnet_core::ledger::Fraction;
///
/// assert_eq!(Fraction::new(1, 4), "0.25".parse());
/// assert!(Fraction::new(5, 4).is_err());
/// ```
#[derive(Clone, Copy, Debug, Eq)]
#[cfg_attr(feature = "serde", derive(serde::Serialize))]
pub struct Fraction {
    numerator: u64,
    denominator: u64,
}

impl Fraction {
    /// The largest denominator.
    const MOST: u64 = 1_000_000_000_000;

    /// Returns `numerator / denominator`.
    ///
    /// # Errors
    ///
    /// - [`MoneyError::NotAFraction`] above 1, and for a denominator of 0 or beyond 10¹².
    pub fn new(numerator: u64, denominator: u64) -> Result<Self, MoneyError> {
        match denominator {
            1..=Self::MOST if numerator <= denominator => Ok(Self { numerator, denominator }),
            _ => Err(MoneyError::NotAFraction),
        }
    }

    pub(super) const fn whole() -> Self {
        Self { numerator: 1, denominator: 1 }
    }

    pub(super) fn numerator(self) -> i128 {
        self.numerator.into()
    }

    pub(super) fn denominator(self) -> i128 {
        self.denominator.into()
    }
}

impl PartialEq for Fraction {
    fn eq(&self, other: &Self) -> bool {
        self.numerator() * other.denominator() == other.numerator() * self.denominator()
    }
}

/// Of a decimal with at most 12 places.
impl FromStr for Fraction {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let units = parse(text, 12, Excess::Refuse)?;
        Self::new(u64::try_from(units).map_err(|_| MoneyError::NotAFraction)?, Self::MOST)
    }
}

#[cfg(feature = "serde")]
impl<'de> serde::Deserialize<'de> for Fraction {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        #[derive(serde::Deserialize)]
        #[serde(rename = "Fraction")]
        struct Unchecked {
            numerator: u64,
            denominator: u64,
        }
        let Unchecked { numerator, denominator } = Unchecked::deserialize(deserializer)?;
        Self::new(numerator, denominator).map_err(serde::de::Error::custom)
    }
}

macro_rules! entries {
    ($($(#[$doc:meta])* $name:ident($kept:ty),)*) => {
        /// What happens to an account on a day; each kind is a type of its own that becomes an entry.
        #[derive(Clone, Debug, PartialEq, Eq)]
        #[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
        #[non_exhaustive]
        pub enum Entry {
            $($(#[$doc])* $name($kept),)*
        }

        $(impl From<$name> for Entry {
            fn from(entry: $name) -> Self {
                Self::$name(entry.into())
            }
        })*
    };
}

// A ledger keeps a million trades: what is rare and larger than a trade lies in a box.
entries! {
    /// Cash paid in.
    Deposit(Deposit),
    /// Cash taken out.
    Withdrawal(Withdrawal),
    /// Interest earned or paid.
    Interest(Interest),
    /// A fee outside any lot.
    Fee(Fee),
    /// A tax outside any lot.
    Tax(Tax),
    /// The price of borrowed shares.
    BorrowFee(BorrowFee),
    /// Cash for cash of another currency.
    Exchange(Exchange),
    /// A purchase or sale.
    Trade(Trade),
    /// Cash for each share.
    Dividend(Dividend),
    /// Shares divided or put together.
    Split(Split),
    /// Shares for shares.
    StockDividend(StockDividend),
    /// Shares of another company.
    SpinOff(Box<SpinOff>),
    /// A takeover.
    Merger(Box<Merger>),
    /// A new symbol.
    Rename(Rename),
    /// Capital paid back.
    ReturnOfCapital(ReturnOfCapital),
    /// The end of a stock.
    Delisting(Delisting),
}
