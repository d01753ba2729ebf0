//! Serialisation of numbers and codes: as the standard writes them.

use serde::{Serialize, Serializer};

use crate::{
    ids::{Month, OfficeNumber, Serial, ServiceCode, ServiceKind},
    value::{Date, Time},
};

macro_rules! as_text {
    ($($type:ty),*) => {$(
        impl Serialize for $type {
            fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.collect_str(self)
            }
        }
    )*};
}

as_text!(Month, OfficeNumber, Serial, ServiceCode, ServiceKind, Date, Time);

/// Writes a number that only names something, as a satellite's, as text.
pub(crate) fn name<S: Serializer>(number: &Option<i32>, serializer: S) -> Result<S::Ok, S::Error> {
    match number {
        Some(number) => serializer.collect_str(number),
        None => serializer.serialize_none(),
    }
}
