//! An authority by files, with a store of its own for each test.

mod admins;
mod enrolment;
mod licences;
mod life;
mod log;
mod orders;
mod proofs;
mod renewals;
mod roots;
mod support;
