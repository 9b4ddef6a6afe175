//! One session that some stocks have sent and others may still send: the prices that are there, or the word that it
//! is void, and how much of that was told outside.

use chrono::NaiveDate;

use crate::money::Price;

/// A session that some stocks have sent.
#[derive(Clone, Debug)]
pub(super) struct Pending {
    pub(super) session: NaiveDate,
    /// How many prices are there.
    sent: usize,
    /// In the order of the stocks; empty once the session is void.
    prices: Vec<Option<Price>>,
    told: Told,
}

/// What a reader of the changes knows of a session that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Nothing,
    /// That it waits, and not all that there is of it now.
    Less,
    All,
}

/// Equal are two that step alike; what was told of them is no part of that.
impl PartialEq for Pending {
    fn eq(&self, other: &Self) -> bool {
        self.session == other.session && self.prices == other.prices
    }
}

impl Eq for Pending {}

impl Pending {
    /// Returns a session of so many stocks, none of which has sent it yet.
    pub(super) fn waiting(session: NaiveDate, stocks: usize) -> Self {
        Self { session, sent: 0, prices: vec![None; stocks], told: Told::Nothing }
    }

    /// Returns a session that was void from its first close on.
    pub(super) fn void(session: NaiveDate) -> Self {
        Self { session, sent: 0, prices: Vec::new(), told: Told::Nothing }
    }

    /// Returns a session as it was told.
    pub(super) fn told(session: NaiveDate, prices: Vec<Option<Price>>) -> Self {
        Self { session, sent: prices.iter().flatten().count(), prices, told: Told::All }
    }

    pub(super) fn is_void(&self) -> bool {
        self.prices.is_empty()
    }

    /// Returns the prices in the order of the stocks; none at all where the session is void.
    pub(super) fn prices(&self) -> &[Option<Price>] {
        &self.prices
    }

    /// Takes a stock's price and returns whether all are there now.
    pub(super) fn enter(&mut self, place: usize, price: Price) -> bool {
        self.prices[place] = Some(price);
        self.sent += 1;
        self.touch();
        self.sent == self.prices.len()
    }

    /// Takes the prices out of a session that all stocks have sent.
    pub(super) fn take(&mut self) -> Vec<Price> {
        std::mem::take(&mut self.prices).into_iter().collect::<Option<_>>().expect("all have sent it")
    }

    /// Forgets the prices: a stock has passed by.
    pub(super) fn pass_by(&mut self) {
        (self.sent, self.prices) = (0, Vec::new());
        self.touch();
    }

    /// Returns whether a reader of the changes knows of this session.
    pub(super) fn is_told(&self) -> bool {
        self.told != Told::Nothing
    }

    /// Returns the prices to tell, unless they were told before as they are.
    pub(super) fn tell(&mut self) -> Option<(NaiveDate, Vec<Option<Price>>)> {
        let news = self.told != Told::All;
        self.told = Told::All;
        news.then(|| (self.session, self.prices.clone()))
    }

    fn touch(&mut self) {
        if self.told == Told::All {
            self.told = Told::Less;
        }
    }
}
