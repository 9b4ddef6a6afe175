//! Sample or population: a choice that statistics and indicators share.

/// What the sum of the squares of deviations is divided by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Deviation {
    /// n − 1, for a sample of more; none of one value. pandas (also rolling), empyrical, quantstats.
    Sample,
    /// n, for all there is; 0 of one value. NumPy, TA-Lib, Bollinger.
    Population,
}

impl Deviation {
    /// Returns how many values less than all the squares are divided by.
    pub(crate) const fn lost(self) -> usize {
        match self {
            Self::Sample => 1,
            Self::Population => 0,
        }
    }
}
