//! What each statistic must know of the values so far, and how it is read from that; of those that are functions too it
//! stands in the private `plain`. The table of both stands in the module's page.

use super::benchmark::{Alpha, Beta, Capture, InformationRatio, TrackingError};
use super::describe::{Kurtosis, Skewness};
use super::error::StatsError;
use super::held::{Kept, Sorted};
use super::outcomes::{GainToPain, ProfitFactor, WinRate};
use super::pairs::Pairs;
use super::parts::Outcomes;
use super::path::{Path, Sides};
use super::ratio::{Calmar, Omega, Sharpe, Sortino, TailRatio};
use super::returns::{AnnualReturn, DownsideDeviation, Volatility};
use super::scatter::{Scatter, Shape};
use super::statistic::Statistic;
use super::sums::finite;
use super::tail::{ConditionalValueAtRisk, ValueAtRisk};
use super::trend::{Autocorrelation, Stability};
use super::ulcer::{Serenity, UlcerIndex};

impl Statistic for Volatility {
    type State = Scatter;

    fn start(&self) -> Result<Scatter, StatsError> {
        Ok(Scatter::new())
    }

    fn read(&self, state: &Scatter) -> Result<Option<f64>, StatsError> {
        let root = self.annualise.periods()?.sqrt();
        state.standard_deviation(self.deviation)?.map(|deviation| finite(deviation * root)).transpose()
    }
}

impl Statistic for Sharpe {
    type State = Scatter;

    fn start(&self) -> Result<Scatter, StatsError> {
        Ok(Scatter::new())
    }

    fn read(&self, state: &Scatter) -> Result<Option<f64>, StatsError> {
        let root = self.annualise.periods()?.sqrt();
        let excess = state.mean_above(self.risk_free.of_a_period(self.annualise)?)?;
        let Some(deviation) = state.standard_deviation(self.deviation)? else { return Ok(None) };
        self.over_zero.divide(excess * root, deviation)
    }
}

impl Statistic for Skewness {
    type State = Shape;

    fn start(&self) -> Result<Shape, StatsError> {
        Ok(Shape::new())
    }

    fn read(&self, state: &Shape) -> Result<Option<f64>, StatsError> {
        Ok(self.corrected(state.scatter().count(), state.third(self.over_zero)?))
    }
}

impl Statistic for Kurtosis {
    type State = Shape;

    fn start(&self) -> Result<Shape, StatsError> {
        Ok(Shape::new())
    }

    fn read(&self, state: &Shape) -> Result<Option<f64>, StatsError> {
        Ok(self.corrected(state.scatter().count(), state.fourth(self.over_zero)?))
    }
}

impl Statistic for Beta {
    type State = Pairs;

    fn start(&self) -> Result<Pairs, StatsError> {
        Ok(Pairs::new())
    }

    fn read(&self, state: &Pairs) -> Result<Option<f64>, StatsError> {
        state.beta(self.over_zero)
    }
}

impl Statistic for Alpha {
    type State = Pairs;

    fn start(&self) -> Result<Pairs, StatsError> {
        Ok(Pairs::new())
    }

    fn read(&self, state: &Pairs) -> Result<Option<f64>, StatsError> {
        let rate = self.risk_free.of_a_period(self.annualise)?;
        self.of_a_year(state.alpha(rate)?)
    }
}

impl Statistic for TrackingError {
    type State = Pairs;

    fn start(&self) -> Result<Pairs, StatsError> {
        Ok(Pairs::new())
    }

    fn read(&self, state: &Pairs) -> Result<Option<f64>, StatsError> {
        let root = self.annualise.periods()?.sqrt();
        state.deviation_active(self.deviation)?.map(|deviation| finite(deviation * root)).transpose()
    }
}

impl Statistic for InformationRatio {
    type State = Pairs;

    fn start(&self) -> Result<Pairs, StatsError> {
        Ok(Pairs::new())
    }

    fn read(&self, state: &Pairs) -> Result<Option<f64>, StatsError> {
        let root = self.annualise.periods()?.sqrt();
        let Some(deviation) = state.deviation_active(self.deviation)? else { return Ok(None) };
        self.over_zero.divide(state.mean_active()? * root, deviation)
    }
}

impl Statistic for Sortino {
    type State = Outcomes;

    fn start(&self) -> Result<Outcomes, StatsError> {
        Ok(Outcomes::about(self.target.of_a_period(self.annualise)?))
    }

    fn read(&self, state: &Outcomes) -> Result<Option<f64>, StatsError> {
        let root = self.annualise.periods()?.sqrt();
        self.over_zero.divide(state.mean()? * root, state.shortfall(self.shortfalls)?)
    }
}

impl Statistic for DownsideDeviation {
    type State = Outcomes;

    fn start(&self) -> Result<Outcomes, StatsError> {
        Ok(Outcomes::about(self.target.of_a_period(self.annualise)?))
    }

    fn read(&self, state: &Outcomes) -> Result<Option<f64>, StatsError> {
        let root = self.annualise.periods()?.sqrt();
        finite(state.shortfall(self.shortfalls)? * root).map(Some)
    }
}

impl Statistic for Omega {
    type State = Outcomes;

    fn start(&self) -> Result<Outcomes, StatsError> {
        Ok(Outcomes::about(self.threshold.of_a_period(self.annualise)?))
    }

    fn read(&self, state: &Outcomes) -> Result<Option<f64>, StatsError> {
        self.over_zero.divide(state.checked()?.gains()?, state.losses()?.abs())
    }
}

impl Statistic for ProfitFactor {
    type State = Outcomes;

    fn start(&self) -> Result<Outcomes, StatsError> {
        Ok(Outcomes::about(0.0))
    }

    fn read(&self, state: &Outcomes) -> Result<Option<f64>, StatsError> {
        self.over_zero.divide(state.checked()?.gains()?, state.losses()?.abs())
    }
}

impl Statistic for GainToPain {
    type State = Outcomes;

    fn start(&self) -> Result<Outcomes, StatsError> {
        Ok(Outcomes::about(0.0))
    }

    fn read(&self, state: &Outcomes) -> Result<Option<f64>, StatsError> {
        self.over_zero.divide(state.checked()?.total()?, state.losses()?.abs())
    }
}

impl Statistic for WinRate {
    type State = Outcomes;

    fn start(&self) -> Result<Outcomes, StatsError> {
        Ok(Outcomes::about(0.0))
    }

    fn read(&self, state: &Outcomes) -> Result<Option<f64>, StatsError> {
        let (above, below, all) = (state.above(), state.below(), state.checked()?.count());
        self.among([above, below, all], above)
    }
}

impl Statistic for AnnualReturn {
    type State = Path;

    fn start(&self) -> Result<Path, StatsError> {
        Ok(Path::new())
    }

    fn read(&self, state: &Path) -> Result<Option<f64>, StatsError> {
        self.of_growth(state.wealth(), state.count())
    }
}

impl Statistic for Calmar {
    type State = Path;

    fn start(&self) -> Result<Path, StatsError> {
        Ok(Path::new())
    }

    fn read(&self, state: &Path) -> Result<Option<f64>, StatsError> {
        let annual = AnnualReturn { annualise: self.annualise }.read(state)?;
        annual.map_or(Ok(None), |annual| self.over_zero.divide(annual, state.max_drawdown().abs()))
    }
}

impl Statistic for Capture {
    type State = Sides;

    fn start(&self) -> Result<Sides, StatsError> {
        Ok(Sides::new())
    }

    fn read(&self, state: &Sides) -> Result<Option<f64>, StatsError> {
        self.of_sides(state)
    }
}

macro_rules! held {
    ($($statistic:ty, $state:ty, $of:ident;)*) => {$(
        impl Statistic for $statistic {
            type State = $state;

            fn start(&self) -> Result<$state, StatsError> {
                Ok(<$state>::default())
            }

            fn read(&self, state: &$state) -> Result<Option<f64>, StatsError> {
                self.$of(state.values())
            }
        }
    )*};
}

held! {
    ValueAtRisk, Sorted, of_sorted;
    ConditionalValueAtRisk, Sorted, of_sorted;
    TailRatio, Sorted, of_sorted;
    UlcerIndex, Kept, of;
    Serenity, Kept, of;
    Stability, Kept, of;
    Autocorrelation, Kept, of;
}
