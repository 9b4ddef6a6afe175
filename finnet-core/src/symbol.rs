//! Names: of a stock ([`Symbol`]), of an investor or portfolio ([`Name`]), of one portfolio in a
//! network ([`PortfolioId`]).
//!
//! In comes text from outside (a message, a file, a flag); out goes a value that is known to be short,
//! printable ASCII, so that no name from outside reaches SQL, a file name or a terminal unchecked.
//! All are `Copy` and compare by their bytes.

use std::borrow::Borrow;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;

/// A stock's ticker: 1 to 15 ASCII letters, digits and `. - _ ^ = :`.
///
/// # Examples
///
/// ```
/// use finnet_core::Symbol;
///
/// assert_eq!(Symbol::new("BRK.B")?.as_str(), "BRK.B");
/// assert!(Symbol::new("IBM; DROP TABLE").is_err());
/// # Ok::<(), finnet_core::symbol::NameError>(())
/// ```
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Symbol(Text<15>);

impl Symbol {
    /// Returns the symbol with this ticker.
    ///
    /// # Errors
    ///
    /// - [`NameError::Empty`], [`NameError::TooLong`] for more than 15 bytes.
    /// - [`NameError::Character`] for a byte other than a letter, a digit or one of `. - _ ^ = :`.
    pub fn new(ticker: &str) -> Result<Self, NameError> {
        Text::new(ticker, |_, byte| byte.is_ascii_alphanumeric() || b".-_^=:".contains(&byte)).map(Self)
    }

    /// Returns the ticker.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

/// The name of an investor or of a portfolio: a letter, then up to 29 letters and digits.
///
/// Names are unique without regard to case over a network; [`Name::folded`] gives the form to compare.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Name(Text<30>);

impl Name {
    /// Returns the name with this text.
    ///
    /// # Errors
    ///
    /// - [`NameError::Empty`], [`NameError::TooLong`] for more than 30 bytes.
    /// - [`NameError::Character`] where the text is not `[A-Za-z][A-Za-z0-9]*`.
    pub fn new(text: &str) -> Result<Self, NameError> {
        Text::new(text, |at, byte| byte.is_ascii_alphabetic() || at > 0 && byte.is_ascii_digit()).map(Self)
    }

    /// Returns the text.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// Returns the name in lower case: two names that fold alike are the same table in MySQL.
    pub fn folded(&self) -> String {
        self.as_str().to_ascii_lowercase()
    }
}

/// A portfolio of a network: whose it is and what it is called; displayed as `Inv1_P11`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct PortfolioId {
    /// The investor.
    pub investor: Name,
    /// The portfolio's own name, unique over the network.
    pub portfolio: Name,
}

impl fmt::Display for PortfolioId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}_{}", self.investor, self.portfolio)
    }
}

/// Why a text is no name.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum NameError {
    /// The text is empty.
    Empty,
    /// The text is longer than a name of its kind may be.
    TooLong {
        /// Bytes of the text.
        bytes: usize,
        /// Bytes that a name of this kind may have.
        most: usize,
    },
    /// A byte that a name of this kind may not hold there.
    Character {
        /// Where it stands, in bytes from 0.
        at: usize,
        /// The byte.
        byte: u8,
    },
}

impl fmt::Display for NameError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Empty => write!(f, "a name is empty"),
            Self::TooLong { bytes, most } => write!(f, "a name of {bytes} bytes is longer than {most}"),
            Self::Character { at, byte } if byte.is_ascii_graphic() || *byte == b' ' => {
                write!(f, "a name may not hold '{}' at byte {at}", char::from(*byte))
            }
            Self::Character { at, byte } => write!(f, "a name may not hold byte 0x{byte:02x} at byte {at}"),
        }
    }
}

impl std::error::Error for NameError {}

/// Text of at most `N` bytes, kept in place.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Text<const N: usize> {
    length: u8,
    bytes: [u8; N],
}

impl<const N: usize> Text<N> {
    fn new(text: &str, allowed: impl Fn(usize, u8) -> bool) -> Result<Self, NameError> {
        if text.is_empty() {
            return Err(NameError::Empty);
        }
        if text.len() > N {
            return Err(NameError::TooLong { bytes: text.len(), most: N });
        }
        if let Some((at, byte)) = text.bytes().enumerate().find(|&(at, byte)| !allowed(at, byte)) {
            return Err(NameError::Character { at, byte });
        }
        let mut bytes = [0; N];
        bytes[..text.len()].copy_from_slice(text.as_bytes());
        Ok(Self { length: u8::try_from(text.len()).expect("N is below 256"), bytes })
    }

    fn as_str(&self) -> &str {
        std::str::from_utf8(&self.bytes[..usize::from(self.length)]).expect("only ASCII gets in")
    }
}

macro_rules! as_text {
    ($($name:ident)*) => {$(
        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                write!(f, "{}({})", stringify!($name), self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = NameError;

            fn from_str(text: &str) -> Result<Self, NameError> {
                Self::new(text)
            }
        }

        impl PartialOrd for $name {
            fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
                Some(self.cmp(other))
            }
        }

        impl Ord for $name {
            fn cmp(&self, other: &Self) -> std::cmp::Ordering {
                self.as_str().cmp(other.as_str())
            }
        }

        // As `str` hashes, so that a map keyed by names can be asked with a `&str`.
        impl Hash for $name {
            fn hash<H: Hasher>(&self, state: &mut H) {
                self.as_str().hash(state);
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                self.as_str()
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                self.as_str()
            }
        }

        #[cfg(feature = "serde")]
        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }

        #[cfg(feature = "serde")]
        impl<'de> serde::Deserialize<'de> for $name {
            fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                let text = <std::borrow::Cow<'de, str>>::deserialize(deserializer)?;
                Self::new(&text).map_err(serde::de::Error::custom)
            }
        }
    )*};
}

as_text!(Symbol Name);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hostile_names_are_refused() {
        for text in ["", "Inv1_P11", "P11; DROP TABLE", "../../x", "a\0b", "1a", "\u{202e}abc", "\x1b[31m", "é"] {
            assert!(Name::new(text).is_err(), "{text:?}");
        }
        assert_eq!(Name::new(&"x".repeat(10_000)), Err(NameError::TooLong { bytes: 10_000, most: 30 }));
        for text in ["", "A B", "A/B", "A'", "A\n", "ABCDEFGHIJKLMNOP"] {
            assert!(Symbol::new(text).is_err(), "{text:?}");
        }
    }

    #[test]
    fn a_map_of_symbols_answers_to_text() {
        let map = std::collections::HashMap::from([(Symbol::new("IBM").unwrap(), 1)]);
        assert_eq!(map.get("IBM"), Some(&1));
        assert_eq!(map.get("IB"), None);
    }

    #[test]
    fn names_sort_as_their_text_does() {
        let mut names = ["P2", "P11", "Zeta", "P1"].map(|text| Name::new(text).unwrap());
        names.sort();
        assert_eq!(names.map(|name| name.to_string()), ["P1", "P11", "P2", "Zeta"]);
    }
}
