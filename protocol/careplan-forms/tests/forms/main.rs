//! Forms held against the model: every value that has to be printed is, nothing is dropped on the way, and no text becomes
//! anything but text.

mod extreme;
mod full;
mod month;
mod outputs;
mod samples;
mod values;
