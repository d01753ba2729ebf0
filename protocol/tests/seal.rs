//! Sealing seen from outside: published vectors, our recorded bytes, altered and hostile content.

#[path = "seal/altered.rs"]
mod altered;
#[path = "seal/growing.rs"]
mod growing;
#[path = "seal/published.rs"]
mod published;
#[path = "seal/recorded.rs"]
mod recorded;
#[path = "seal/support.rs"]
mod support;
