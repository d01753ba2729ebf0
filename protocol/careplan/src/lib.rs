#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

mod bundle;
mod check;
pub mod diff;
mod edition;
mod file;
mod finding;
mod ids;
#[cfg(feature = "serde")]
mod json;
mod key;
mod kind;
mod layout;
mod ledger;
mod mend;
mod messages;
mod model;
mod ms932;
mod name;
mod pairing;
mod reader;
pub mod reconcile;
mod record;
mod rows;
mod rule;
mod service;
mod text;
mod unit;
mod value;
mod write;

pub use bundle::Bundle;
pub use edition::Edition;
pub use file::{File, MAX_CELL_BYTES, MAX_FILE_BYTES, MAX_ROWS};
pub use finding::{Argument, Finding, Lang};
pub use ids::{Month, OfficeNumber, ParseError, Serial, ServiceCode, ServiceKind};
pub use key::{Key, Subject};
pub use kind::FileKind;
pub use layout::{Field, FieldType, Layout, Required};
pub use ledger::{Change, Effect, Held, Ledger};
pub use mend::{Mended, mend};
pub use model::{
    Action, BasicInformation, CarePlan, Contents, Document, Goal, Image, Issue, MonthActual, MonthPlan, Need, Person,
    Reading, ServiceRow, Support, SupportPlan,
};
pub use ms932::{Replacement, encode_ms932};
pub use name::{End, FileName, NameError, NamePart};
pub use record::Record;
pub use rows::{Cell, Row, Rows};
pub use rule::{Purpose, Rule, Severity};
pub use text::Encoding;
pub use unit::{Collection, Sorted, Unit};
pub use value::{Date, Days, Decimal, Time, Value};
pub use write::{Adaptation, Adapted, WriteError, Written, WrittenFile};
