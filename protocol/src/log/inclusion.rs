//! What shows that a certificate stands in the log.

use serde_bytes::ByteBuf;
use serde_tuple::{Deserialize_tuple, Serialize_tuple};

use super::{Act, Head, Operation, tree::MAX_PATH, verify};
use crate::{
    cbor,
    certificate::{BACKDATE, LeafIn},
    ids::Hash,
    signed::{MAX_OVERHEAD, Payload, Signed},
    time::Timestamp,
    trust::Trust,
};

/// The longest head in bytes.
const MAX_HEAD: usize = Head::MAX + MAX_OVERHEAD;
/// The longest place in bytes: an index and the way to the root of the largest tree.
const MAX_PLACE: usize = 8 + 32 * MAX_PATH;
/// The longest inclusion in a file.
const MAX_FILED: usize = MAX_HEAD + MAX_PLACE + 64;

/// A signed head, and the way from a certificate's leaf to its root. Whose certificate, the holder says.
///
/// As it travels it is two byte strings: the head as it was signed, and the *place*, which is the leaf's index, u64
/// big-endian, and the hashes of the audit path (RFC 6962, section 2.1.1), from the leaf upwards. Some 770 bytes at a
/// million acts. The leaf itself is not sent: it is [`Inclusion::act_of`] the certificate.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Inclusion {
    head: Vec<u8>,
    index: u64,
    path: Vec<Hash>,
}

/// Why a certificate is not shown to be in the log.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
#[non_exhaustive]
pub enum NotIncluded {
    /// Not the two byte strings of an inclusion.
    #[error("not a proof from the log")]
    Form,
    /// The head is not signed by an issuing CA that is in force.
    #[error("the head of the log is not signed by an issuing CA that is in force")]
    Head,
    /// The way does not lead from the certificate's leaf to the head's root.
    #[error("the certificate is not in the log of that head")]
    Path,
}

/// The head by which a certificate was shown to be in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shown {
    /// The head.
    pub head: Signed<Head>,
    /// The id that the issuing CA that has signed it had then.
    pub signer: Hash,
}

/// An inclusion in a file, beside other things.
#[derive(Serialize_tuple, Deserialize_tuple)]
struct Filed {
    certificate: Hash,
    head: ByteBuf,
    place: ByteBuf,
}

impl Inclusion {
    /// Puts one together: a head as it was signed, the leaf's index, and its audit path.
    #[must_use]
    pub const fn new(head: Vec<u8>, index: u64, path: Vec<Hash>) -> Self {
        Self { head, index, path }
    }

    /// The act that has to stand in the log for a certificate: its issue, at the moment of issue, which is
    /// [`BACKDATE`] after notBefore.
    #[must_use]
    pub fn act_of(leaf: &LeafIn) -> Act {
        Act::about(leaf, Operation::Issue, leaf.not_before().plus(BACKDATE))
    }

    /// The index of the leaf, from 0.
    #[must_use]
    pub const fn index(&self) -> u64 {
        self.index
    }

    /// The head as it was signed.
    #[must_use]
    pub fn head(&self) -> &[u8] {
        &self.head
    }

    /// The two byte strings of a credential.
    #[must_use]
    pub fn to_parts(&self) -> Vec<ByteBuf> {
        let mut place = self.index.to_be_bytes().to_vec();
        place.extend(self.path.iter().flat_map(|hash| hash.0));
        vec![ByteBuf::from(self.head.clone()), ByteBuf::from(place)]
    }

    /// Reads the two byte strings of a credential. Nothing is proven by that.
    ///
    /// # Errors
    /// [`NotIncluded::Form`]; never panics.
    pub fn from_parts(parts: &[ByteBuf]) -> Result<Self, NotIncluded> {
        let [head, place] = parts else { return Err(NotIncluded::Form) };
        let (index, path) = place.split_first_chunk().ok_or(NotIncluded::Form)?;
        let (hashes, rest) = path.as_chunks();
        if MAX_HEAD < head.len() || MAX_PATH < hashes.len() || !rest.is_empty() {
            return Err(NotIncluded::Form);
        }
        let path = hashes.iter().map(|hash| Hash(*hash)).collect();
        Ok(Self { head: head.to_vec(), index: u64::from_be_bytes(*index), path })
    }

    /// The inclusion of a certificate as it stands in a file: CBOR `[certificate hash, head, place]`.
    ///
    /// # Errors
    /// None that can occur for an inclusion built here.
    pub fn to_file(&self, certificate: Hash) -> Result<Vec<u8>, cbor::Error> {
        let [head, place] = <[ByteBuf; 2]>::try_from(self.to_parts()).unwrap_or_default();
        cbor::to_vec(&Filed { certificate, head, place })
    }

    /// Reads what [`Inclusion::to_file`] has written: the certificate's hash and its inclusion. Nothing is proven by that.
    ///
    /// # Errors
    /// [`NotIncluded::Form`]; never panics.
    pub fn from_file(bytes: &[u8]) -> Result<(Hash, Self), NotIncluded> {
        let filed: Filed = cbor::from_slice(bytes, MAX_FILED).map_err(|_| NotIncluded::Form)?;
        Ok((filed.certificate, Self::from_parts(&[filed.head, filed.place])?))
    }

    /// Decides whether it shows that a certificate stands in the log. Whether the certificate itself is trusted is decided
    /// elsewhere.
    ///
    /// # Errors
    /// [`NotIncluded`]; never panics.
    pub fn verify(&self, leaf: &LeafIn, trust: &Trust, now: Timestamp) -> Result<Shown, NotIncluded> {
        let (head, signer) = trust.head_in_force(&self.head, now).ok_or(NotIncluded::Head)?;
        let Head { size, root, .. } = head.value();
        match verify(Self::act_of(leaf).leaf_hash(), self.index, *size, &self.path, root) {
            true => Ok(Shown { head, signer }),
            false => Err(NotIncluded::Path),
        }
    }
}
