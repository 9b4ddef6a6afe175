//! SQL aggregates that are exact: `exact_avg` and `exact_stddev`, thin over [`Moments`].
//!
//! In come decimals that `DECIMAL(28,8)` holds, and whole numbers; out goes `DECIMAL(28,2)`, rounded once, half away
//! from zero. NULLs are left out; over no value, for the deviation over fewer than two, the answer is NULL. The
//! deviation is that of the sample. A state is the bytes of `Moments`, so partitions merge to the same bits.

use std::mem::size_of_val;
use std::sync::Arc;

use datafusion::arrow::array::{ArrayRef, AsArray as _};
use datafusion::arrow::datatypes::{DataType, Decimal128Type, Field, FieldRef};
use datafusion::common::{Result, ScalarValue, internal_datafusion_err, not_impl_err, plan_err};
use datafusion::error::DataFusionError;
use datafusion::logical_expr::function::{AccumulatorArgs, StateFieldsArgs};
use datafusion::logical_expr::utils::format_state_name;
use datafusion::logical_expr::{Accumulator, AggregateUDF, AggregateUDFImpl, Signature, Volatility};
use finnet_core::Amount;
use finnet_core::stats::Moments;

use crate::table::{AMOUNT_DIGITS, AMOUNT_PLACES};

/// Returns the SQL aggregate `exact_avg(decimal)`, for a DataFusion context of one's own.
pub fn exact_avg() -> AggregateUDF {
    Exact::of(Statistic::Mean).into()
}

/// Returns the SQL aggregate `exact_stddev(decimal)`, that of the sample, for a DataFusion context of one's own.
pub fn exact_stddev() -> AggregateUDF {
    Exact::of(Statistic::SampleDeviation).into()
}

const INPUT: DataType = DataType::Decimal128(AMOUNT_DIGITS, AMOUNT_PLACES);
const OUTPUT_PLACES: i8 = 2;
const OUTPUT: DataType = DataType::Decimal128(AMOUNT_DIGITS, OUTPUT_PLACES);

/// What an [`Amount`] counts of in one unit of the output.
const UNITS_IN_OUTPUT: i128 = 1_000_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Statistic {
    Mean,
    SampleDeviation,
}

impl Statistic {
    fn of(self, moments: &Moments) -> Option<Amount> {
        match self {
            Self::Mean => moments.mean_rounded(),
            Self::SampleDeviation => moments.sample_deviation_rounded(),
        }
    }
}

/// One of the aggregates.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Exact {
    statistic: Statistic,
    signature: Signature,
}

impl Exact {
    fn of(statistic: Statistic) -> Self {
        Self { statistic, signature: Signature::user_defined(Volatility::Immutable) }
    }
}

impl AggregateUDFImpl for Exact {
    fn name(&self) -> &'static str {
        match self.statistic {
            Statistic::Mean => "exact_avg",
            Statistic::SampleDeviation => "exact_stddev",
        }
    }

    fn signature(&self) -> &Signature {
        &self.signature
    }

    fn coerce_types(&self, given: &[DataType]) -> Result<Vec<DataType>> {
        match given {
            [one] if is_exact_in_input(one) => Ok(vec![INPUT]),
            [one] => plan_err!(
                "{} takes a decimal that DECIMAL({AMOUNT_DIGITS},{AMOUNT_PLACES}) holds, or a whole number, not {one}",
                self.name()
            ),
            more => plan_err!("{} takes one argument, not {}", self.name(), more.len()),
        }
    }

    fn return_type(&self, _: &[DataType]) -> Result<DataType> {
        Ok(OUTPUT)
    }

    fn accumulator(&self, args: AccumulatorArgs<'_>) -> Result<Box<dyn Accumulator>> {
        if args.is_distinct {
            return not_impl_err!("{}(DISTINCT …): select the distinct values in a subquery", self.name());
        }
        Ok(Box::new(Accumulated { statistic: self.statistic, moments: Moments::new() }))
    }

    fn state_fields(&self, args: StateFieldsArgs<'_>) -> Result<Vec<FieldRef>> {
        Ok(vec![Arc::new(Field::new(format_state_name(args.name, "moments"), DataType::Binary, false))])
    }
}

/// The moments of one group in one partition.
#[derive(Debug)]
struct Accumulated {
    statistic: Statistic,
    moments: Moments,
}

impl Accumulator for Accumulated {
    fn update_batch(&mut self, values: &[ArrayRef]) -> Result<()> {
        let values = values.first().and_then(|values| values.as_primitive_opt::<Decimal128Type>());
        let values = values.ok_or_else(|| internal_datafusion_err!("the argument is no decimal of 128 bits"))?;
        for units in values.iter().flatten() {
            self.moments.push(Amount::from_units(units)).map_err(external)?;
        }
        Ok(())
    }

    fn merge_batch(&mut self, states: &[ArrayRef]) -> Result<()> {
        let states = states.first().and_then(|states| states.as_binary_opt::<i32>());
        let states = states.ok_or_else(|| internal_datafusion_err!("the state is not bytes"))?;
        for state in states.iter().flatten() {
            let moments = Moments::from_bytes(state).map_err(external)?;
            self.moments.merge(&moments).map_err(external)?;
        }
        Ok(())
    }

    fn state(&mut self) -> Result<Vec<ScalarValue>> {
        Ok(vec![ScalarValue::Binary(Some(self.moments.to_bytes().to_vec()))])
    }

    fn evaluate(&mut self) -> Result<ScalarValue> {
        let answer = self.statistic.of(&self.moments).map(|amount| amount.units() / UNITS_IN_OUTPUT);
        Ok(ScalarValue::Decimal128(answer, AMOUNT_DIGITS, OUTPUT_PLACES))
    }

    fn size(&self) -> usize {
        size_of_val(self)
    }
}

/// Returns whether every value of a type is exact in the aggregates' input. Floats are not, nor are decimals of more
/// places; NULL is the type of a literal NULL.
fn is_exact_in_input(given: &DataType) -> bool {
    let whole_digits = i16::from(AMOUNT_DIGITS) - i16::from(AMOUNT_PLACES);
    match *given {
        DataType::Decimal32(digits, places)
        | DataType::Decimal64(digits, places)
        | DataType::Decimal128(digits, places)
        | DataType::Decimal256(digits, places) => {
            places <= AMOUNT_PLACES && i16::from(digits) - i16::from(places) <= whole_digits
        }
        _ => given.is_integer() || given.is_null(),
    }
}

fn external(error: impl std::error::Error + Send + Sync + 'static) -> DataFusionError {
    DataFusionError::External(Box::new(error))
}
