#![doc = include_str!("../README.md")]
#![deny(missing_docs)]

mod bundle;
mod edition;
mod file;
mod finding;
mod ids;
mod key;
mod kind;
mod layout;
mod messages;
mod name;
mod rows;
mod rule;
mod service;
mod text;
mod unit;

pub use bundle::Bundle;
pub use edition::Edition;
pub use file::{File, MAX_CELL_BYTES, MAX_FILE_BYTES, MAX_ROWS};
pub use finding::{Finding, Lang, Value};
pub use ids::{Month, OfficeNumber, ParseError, Serial, ServiceKind};
pub use key::{Key, Subject};
pub use kind::FileKind;
pub use name::{End, FileName, NameError, NamePart};
pub use rule::{Rule, Severity};
pub use text::Encoding;
pub use unit::{Collection, Sorted, Unit};
