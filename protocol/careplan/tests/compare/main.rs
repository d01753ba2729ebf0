//! Plan against actuals, and version against version.

mod build;
mod diff;
mod pairing;
mod reconcile;
mod sample;
mod versions;
