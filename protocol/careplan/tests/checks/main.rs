//! The sample month, as it is and damaged in every way that must be noticed.

mod damaged;
mod hostile;
mod legal;
mod sample;
