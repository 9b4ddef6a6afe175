//! The machine of one investor: a book of portfolios, each with its own [`Evaluator`].
//!
//! In comes a close; out comes what it leads to in each portfolio that holds the stock.

use super::{Change, Evaluator, Mismatch, Outcome, Snapshot};
use crate::event::Close;
use crate::holdings::Book;
use crate::machine::{Journal, Machine};
use crate::symbol::{PortfolioId, Symbol};

/// The machine of all portfolios of one investor.
///
/// One close may complete a session in several portfolios and void several sessions; each outcome comes with its
/// portfolio.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Investor {
    book: Book,
    evaluators: Vec<Evaluator>,
}

impl Investor {
    /// Returns the investor with this book, at the start of time.
    pub fn new(book: Book) -> Self {
        let evaluators = book.portfolios().iter().map(|(_, holdings)| Evaluator::new(holdings.clone())).collect();
        Self { book, evaluators }
    }

    /// Returns each portfolio with its evaluator, in the order of the book.
    pub fn evaluators(&self) -> impl ExactSizeIterator<Item = (PortfolioId, &Evaluator)> {
        self.book.portfolios().iter().map(|(id, _)| *id).zip(&self.evaluators)
    }

    /// Returns whether any portfolio holds the stock.
    pub fn holds(&self, symbol: &Symbol) -> bool {
        !self.book.holders(symbol).is_empty()
    }
}

impl Machine for Investor {
    type Input = Close;
    /// The portfolio and its outcome. A close of a stock that no portfolio holds leads to nothing.
    type Output = (PortfolioId, Outcome);
    type Snapshot = Vec<(PortfolioId, Snapshot)>;
    type Mismatch = Mismatch;

    fn step_into(&mut self, close: Close, outcomes: &mut Vec<(PortfolioId, Outcome)>) {
        for &(portfolio, place) in self.book.holders(&close.symbol) {
            let id = self.book.portfolios()[portfolio].0;
            self.evaluators[portfolio].step_at(place, close, |outcome| outcomes.push((id, outcome)));
        }
    }

    fn snapshot(&self) -> Self::Snapshot {
        self.evaluators().map(|(id, evaluator)| (id, evaluator.snapshot())).collect()
    }

    fn restore(&mut self, snapshot: Self::Snapshot) -> Result<(), Mismatch> {
        let own = self.book.portfolios();
        let names = |at: usize| [own.get(at).map(|(id, _)| *id), snapshot.get(at).map(|(id, _)| *id)];
        let differ = (0..own.len().max(snapshot.len())).map(names).find(|[own, given]| own != given);
        if let Some(id) = differ.and_then(|[own, given]| given.or(own)) {
            return Err(Mismatch::OtherPortfolios { portfolio: id.portfolio });
        }
        let mut evaluators = Vec::with_capacity(own.len());
        for ((_, holdings), (_, snapshot)) in own.iter().zip(snapshot) {
            let mut evaluator = Evaluator::new(holdings.clone());
            evaluator.restore(snapshot)?;
            evaluators.push(evaluator);
        }
        self.evaluators = evaluators;
        Ok(())
    }
}

impl Journal for Investor {
    /// The portfolio and what has changed in it.
    type Change = (PortfolioId, Change);

    fn changes(&mut self) -> Vec<(PortfolioId, Change)> {
        let mut changes = Vec::new();
        for ((id, _), evaluator) in self.book.portfolios().iter().zip(&mut self.evaluators) {
            evaluator.tell(|change| changes.push((*id, change)));
        }
        changes
    }

    fn apply(snapshot: &mut Self::Snapshot, (id, change): (PortfolioId, Change)) -> Result<(), Mismatch> {
        let own = snapshot.iter_mut().find(|(own, _)| *own == id);
        own.ok_or(Mismatch::OtherPortfolios { portfolio: id.portfolio })?.1.apply(change)
    }
}
