//! The code of an exchange: a MIC, as ISO 10383 has it, and how far a text is from one.

use std::fmt;
use std::str::FromStr;

use super::error::Error;

/// The market identifier code of an exchange (ISO 10383): four capital letters or digits, such as `XNYS`.
///
/// # Examples
///
/// ```
/// use finnet_core::calendar::XNYS;
///
/// assert_eq!(XNYS.mic().as_str(), "XNYS");
/// assert_eq!(format!("{:>6}", XNYS.mic()), "  XNYS");
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Mic([u8; 4]);

impl Mic {
    /// Returns the code that a text is; for a calendar of one's own, any code of this form will do.
    ///
    /// # Errors
    ///
    /// - [`Error::NotAMic`] for a text of another form.
    pub fn new(code: &str) -> Result<Self, Error> {
        Self::parse(code).ok_or(Error::NotAMic { nearest: None })
    }

    /// Returns the code as text.
    pub fn as_str(&self) -> &str {
        std::str::from_utf8(&self.0).expect("a MIC is ASCII")
    }

    /// Returns the code with these letters; a table that holds another byte does not compile.
    pub(super) const fn of(code: [u8; 4]) -> Self {
        assert!(is_mic(code), "a MIC is four capital letters or digits");
        Self(code)
    }

    /// Returns the code that this text is, or `None` where it has not the form of one.
    pub(super) fn parse(text: &str) -> Option<Self> {
        let code = text.as_bytes().try_into().ok()?;
        is_mic(code).then_some(Self(code))
    }
}

impl FromStr for Mic {
    type Err = Error;

    fn from_str(code: &str) -> Result<Self, Error> {
        Self::new(code)
    }
}

impl fmt::Display for Mic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl fmt::Debug for Mic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Mic({})", self.as_str())
    }
}

impl AsRef<str> for Mic {
    fn as_ref(&self) -> &str {
        self.as_str()
    }
}

/// Returns whether one slip of the pen at most lies between the texts: a byte added, lost or changed, or two
/// neighbours swapped; capitals and small letters are one.
pub(super) fn nearly(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let same = |(a, b): &(&u8, &u8)| a.eq_ignore_ascii_case(b);
    let front = one.iter().zip(other).take_while(same).count();
    let (one, other) = (&one[front..], &other[front..]);
    let back = one.iter().rev().zip(other.iter().rev()).take_while(same).count();
    match (&one[..one.len() - back], &other[..other.len() - back]) {
        ([] | [_], [] | [_]) => true,
        ([a, b], [c, d]) => a.eq_ignore_ascii_case(d) && b.eq_ignore_ascii_case(c),
        _ => false,
    }
}

const fn is_mic(code: [u8; 4]) -> bool {
    let mut at = 0;
    while at < code.len() {
        if !code[at].is_ascii_uppercase() && !code[at].is_ascii_digit() {
            return false;
        }
        at += 1;
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_slip_is_near_and_two_are_not() {
        for text in ["XNYS", "xnys", "XNY", "NYS", "XNYSS", "XNNYS", "XYNS", "XNYZ", "NXYS", "XXNYS"] {
            assert!(nearly(text, "XNYS") && nearly("XNYS", text), "{text}");
        }
        for text in ["", "X", "XTKS", "SYNX", "XNYS00", "NYS_", "☃", "YXSN"] {
            assert!(!nearly(text, "XNYS") && !nearly("XNYS", text), "{text}");
        }
    }

    #[test]
    fn only_capitals_and_digits_are_a_mic() {
        assert_eq!(Mic::parse("XNYS"), Some(Mic::of(*b"XNYS")));
        for text in ["", "xnys", "XNY", "XNYSE", "XN S", "XÑS", "\0\0\0\0"] {
            assert_eq!(Mic::parse(text), None, "{text:?}");
        }
    }
}
