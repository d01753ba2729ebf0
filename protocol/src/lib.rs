//! What crosses the network between care offices, and what it means.
//!
//! This crate opens no socket or file and starts no task: time, randomness and bytes are
//! arguments. `docs/protocol.md` describes the same formats for a second implementation.
//!
//! | module | subject |
//! |---|---|
//! | [`ids`] | office numbers, service kinds, addresses, message ids |
//! | [`cbor`], [`signed`] | the one encoding, and signatures over it |
//! | [`time`] | seconds, and the time that an authority has vouched for |
//! | [`certificate`], [`request`], [`crl`], [`trust`], [`log`], [`policy`] | who may take part |
//! | [`enrol`], [`invitation`], [`proof`] | joining, and showing that one has |
//! | [`gate`], [`credential`] | the exchange that admits a connection |
//! | [`news`] | what one side tells the other of newer lists |
//! | [`record`] | where an office is and which keys open what is sealed for it |
//! | [`key_change`] | a partner that speaks with another key than before |
//! | [`seal`] | content and envelope |
//! | [`entry`], [`link`], [`delivery`] | the two logs of a pair, and what they say of a message |

pub mod cbor;
pub mod certificate;
pub mod credential;
pub mod crl;
pub mod delivery;
pub mod enrol;
pub mod entry;
pub mod gate;
pub mod ids;
pub mod invitation;
pub mod key_change;
pub mod link;
pub mod log;
pub mod news;
pub mod policy;
pub mod proof;
pub mod record;
pub mod request;
pub mod seal;
pub mod signed;
pub mod time;
pub mod trust;
