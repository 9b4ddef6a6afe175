//! Why days are closed or short: the texts of a table, each by its number.
//!
//! In comes a number as a table has it, out comes a text. Those of the crate's tables lie in the program as one text; a
//! list of texts would need 40 bytes a text beside it.

/// The reasons of one table.
#[derive(Clone, PartialEq)]
pub(super) struct Reasons {
    /// Those in the program, one after the other, and where each of them ends.
    pub(super) text: &'static str,
    pub(super) ends: &'static [u16],
    /// Those that were given as the program runs; their numbers go on from those above.
    pub(super) own: Vec<String>,
}

/// Stands where a reason's number would, and is the number of none.
pub(super) const NO_REASON: u8 = u8::MAX;

impl Reasons {
    /// Returns the reason of a number; [`NO_REASON`] has none.
    pub(super) fn get(&self, number: u8) -> Option<&str> {
        let number = usize::from(number);
        self.in_program(number).or_else(|| self.own.get(number.checked_sub(self.ends.len())?).map(String::as_str))
    }

    /// Returns the reason of a number where it lies in the program.
    pub(super) fn in_program(&self, number: usize) -> Option<&'static str> {
        let end = usize::from(*self.ends.get(number)?);
        let start = number.checked_sub(1).map_or(0, |before| usize::from(self.ends[before]));
        self.text.get(start..end)
    }
}
