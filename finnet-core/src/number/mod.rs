//! Numbers that are the same bits on every platform: random bits by their place, and functions of `f64`.
//!
//! In comes a key and a counter, or a double; out come random bits ([`Philox`]), a number from them ([`uniform`],
//! [`normal`], [`poisson`], [`binomial_half`]) or a function's value ([`exp`], [`exp_m1`], [`ln`],
//! [`normal_quantile`], [`normal_probability`]). std's `exp` and `ln` are the platform's and differ in the last bit from
//! one to the next; these use only + − × ÷ √ and integers, which IEEE 754 defines to the bit, and never a fused multiplication. None
//! panics, none allocates, each is O(1).
//!
//! | function | error, at most | how it was found |
//! |---|---|---|
//! | [`exp`], [`ln`]; [`exp_m1`] | 0.53 ulp; 0.6 ulp | analysis below each; 4,000 values of 80 digits in `tests/number.rs` |
//! | [`normal_quantile`], [`normal`] | 1 part in 10¹⁵ | Wichura 1988; 1,000 values of 80 digits in `tests/number.rs` |
//! | [`poisson`], [`binomial_half`] | a law exact but for rounding | Hörmann 1993; 100,000 draws at 13 parameters |
//! | [`normal_probability`] | 1 part in 10¹⁵ | Cody 1969; 800 values of 80 digits in `tests/number.rs` |
//!
//! An ulp is the distance between two doubles at the result; 0.5 is what rounding alone costs.
//!
//! # Examples
//!
//! ```
//! use finnet_core::number::{Philox, exp, ln, normal};
//!
//! let z = normal(Philox::new(42).bits64([0, 1, 2, 3])); // the same everywhere, whatever was drawn before
//! assert_eq!(z.to_bits(), normal(Philox::new(42).bits64([0, 1, 2, 3])).to_bits());
//! assert_eq!(exp(1.0).to_bits(), std::f64::consts::E.to_bits());
//! assert_eq!(ln(0.0), f64::NEG_INFINITY);
//! ```

mod count;
mod deviation;
mod exp;
mod ln;
mod normal;
mod philox;
mod probability;
mod table;

pub use count::{binomial_half, poisson};
pub use deviation::Deviation;
pub use exp::{exp, exp_m1};
pub use ln::ln;
pub use normal::{normal, normal_quantile, uniform};
pub use philox::Philox;
pub use probability::normal_probability;

pub(crate) use count::LARGEST_MEAN;
pub(crate) use exp::exps;
pub(crate) use normal::normals;
