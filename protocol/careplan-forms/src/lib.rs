//! Care-plan documents as forms: what the files of the standard say, arranged like the paper that offices have used for
//! twenty years, as accessible HTML, as PDF on A4, and as text for terminals.
//!
//! A form is built once, as a [`Sheet`](sheet::Sheet): what stands on it, in reading order, without a word about ink. Each
//! output shows the same sheets, so what is missing in one is missing in all, and tests hold the sheets against the model.

pub mod cover;
pub mod era;
mod face;
pub mod forms;
pub mod html;
pub mod month;
pub mod pdf;
pub mod sheet;
pub mod show;
pub mod text;
mod wrap;
