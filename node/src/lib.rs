//! The running office: one process that owns store, keys and network, and its local REST API.
//!
//! | module | subject |
//! |---|---|
//! | [`home`], [`office`] | the data directory; making one, asking for and installing certificates |
//! | [`db`] | what is kept, behind typed doors |
//! | [`clock`] | the time of day, a parameter that tests own |
//! | [`trust`] | roots, lists and whose certificate counts, kept and shared |
//! | [`keys`], [`desk`] | keys at rest, and the desks that speak with them |
//! | [`core`] | the state that all workers share; every write goes through it |
//! | [`outbox`], [`inbox`] | sealing and sending; taking, opening and handing over |
//! | [`attachments`] | files of any kind, sealed while they come in |
//! | [`exchange`] | link sessions: streams on one side, logs on the other |
//! | [`recovery`] | own logs that were lost here come back from partners |
//! | [`gatekeeper`], [`wire`], [`partners`] | who is let in, who is kept connected, who is there |
//! | [`tidy`] | what time alone does: expiry, and what is not kept for ever |
//! | [`rows`], [`findings`] | what people and programs see of messages |
//! | [`api`] | the local REST API, which command line, page and care software use |
//! | [`run`] | start and staged stop |
//! | [`enrol`], [`news`] | joining with an invitation; newer lists and certificates |
//! | [`transparency`] | the authority's public log |
//! | [`proofs`] | proofs of membership and of use |
//! | [`authority`] | the central authority, by files and on the network |

pub mod api;
pub mod attachments;
pub mod authority;
pub mod clock;
pub mod core;
pub mod db;
pub mod desk;
pub mod enrol;
pub mod exchange;
pub mod findings;
pub mod gatekeeper;
pub mod home;
pub mod inbox;
pub mod keys;
pub mod news;
pub mod office;
pub mod outbox;
pub mod partners;
pub mod proofs;
pub mod recovery;
pub mod rows;
pub mod run;
pub mod tidy;
pub mod times;
pub mod transparency;
pub mod trust;
pub mod wire;

pub use clock::Clock;
pub use run::{Node, Options};
