//! Plan against actuals, and version against version.

mod build;
mod pairing;
mod reconcile;
mod sample;
