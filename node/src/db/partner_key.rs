//! The office key of a partner, as kept.

use musubi_protocol::ids::Hash;
use serde_tuple::{Deserialize_tuple, Serialize_tuple};

/// The office key for which mail to a partner is sealed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize_tuple, Deserialize_tuple)]
pub struct KnownKey {
    /// The key.
    #[serde(with = "serde_bytes")]
    pub key: [u8; 32],
    /// The certificate by which another key was first shown, with which the partner speaks now; one at most.
    pub next: Vec<Hash>,
}
